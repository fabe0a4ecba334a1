import { AlertIcon, CheckIcon, CrossIcon, PauseIcon, QuestionIcon, RealIcon } from "./icons";
import styles from "./statebadge.module.css";

type Tone = "ok" | "warning" | "critical" | "neutral";

const looks = {
  healthy: { word: "Healthy", tone: "ok", Icon: RealIcon },
  degraded: { word: "Degraded", tone: "warning", Icon: AlertIcon },
  unhealthy: { word: "Unhealthy", tone: "critical", Icon: CrossIcon },
  answering: { word: "Answers", tone: "ok", Icon: RealIcon },
  shadow: { word: "Shadow", tone: "neutral", Icon: CheckIcon },
  up: { word: "Up", tone: "ok", Icon: RealIcon },
  down: { word: "Down", tone: "critical", Icon: CrossIcon },
  unknown: { word: "Not known yet", tone: "neutral", Icon: QuestionIcon },
  maintenance: { word: "Maintenance", tone: "neutral", Icon: PauseIcon },
  paused: { word: "Paused", tone: "neutral", Icon: PauseIcon },
  new: { word: "New", tone: "warning", Icon: AlertIcon },
  ongoing: { word: "Ongoing", tone: "warning", Icon: AlertIcon },
  regressed: { word: "Came back", tone: "critical", Icon: AlertIcon },
  resolved: { word: "Resolved", tone: "ok", Icon: RealIcon },
  ignored: { word: "Ignored", tone: "neutral", Icon: PauseIcon },
} as const satisfies Record<string, { word: string; tone: Tone; Icon: typeof CheckIcon }>;

export type StateName = keyof typeof looks;

export function stateWord(state: StateName): string {
  return looks[state].word;
}

/** How something is: an icon and a word, never colour alone. */
export function StateBadge({ state }: { state: StateName }) {
  const { word, tone, Icon } = looks[state] ?? { word: state, tone: "neutral", Icon: QuestionIcon };
  return (
    <span className={styles.badge} data-tone={tone}>
      <Icon size={14} />
      {word}
    </span>
  );
}
