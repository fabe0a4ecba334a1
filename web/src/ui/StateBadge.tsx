import { Badge, type Tone } from "./Badge";
import { CheckIcon, ClockIcon, FakeIcon, PauseIcon, QuestionIcon } from "./icons";

interface Look {
  word: string;
  tone: Tone;
  Icon?: typeof PauseIcon;
  says?: string;
}

/** Of the server, detectors, probes, error patterns, incidents, and of rules and their alerts. */
const looks = {
  healthy: { word: "Healthy", tone: "ok" },
  degraded: { word: "Degraded", tone: "warning" },
  unhealthy: { word: "Unhealthy", tone: "critical" },
  answering: { word: "Answers", tone: "ok" },
  shadow: { word: "Shadow", tone: "quiet", Icon: CheckIcon },
  up: { word: "Up", tone: "ok" },
  down: { word: "Down", tone: "critical" },
  unknown: { word: "Not known yet", tone: "quiet", Icon: QuestionIcon },
  maintenance: { word: "Maintenance", tone: "quiet", Icon: PauseIcon },
  paused: { word: "Paused", tone: "quiet", Icon: PauseIcon },
  new: { word: "New", tone: "warning" },
  ongoing: { word: "Ongoing", tone: "warning" },
  regressed: { word: "Came back", tone: "critical" },
  resolved: { word: "Resolved", tone: "ok" },
  ignored: { word: "Ignored", tone: "quiet", Icon: PauseIcon },
  open: { word: "Open", tone: "critical" },
  acknowledged: { word: "Acknowledged", tone: "warning" },
  ok: { word: "OK", tone: "ok", says: "The value is where it should be." },
  pending: {
    word: "Pending",
    tone: "warning",
    Icon: ClockIcon,
    says: "The value is bad, but not yet for as long as the rule asks. Nobody was told.",
  },
  firing: {
    word: "Firing",
    tone: "critical",
    Icon: FakeIcon,
    says: "The value has been bad for as long as the rule asks.",
  },
  recovering: {
    word: "Recovering",
    tone: "warning",
    Icon: ClockIcon,
    says: "The value is good again, but not yet for long enough to call it over.",
  },
  flapping: {
    word: "Flapping",
    tone: "warning",
    says: "It fired too often within an hour. It stays one alert, told once, until it has been calm.",
  },
  "no-data": {
    word: "No data",
    tone: "quiet",
    Icon: QuestionIcon,
    says: "There is no value to judge: nothing was counted, or too little.",
  },
  error: {
    word: "Not evaluated",
    tone: "critical",
    says: "The rule itself could not be evaluated; its reason says why.",
  },
} as const satisfies Record<string, Look>;

/** How something is. */
export function StateBadge({ state }: { state: keyof typeof looks }) {
  const look: Look = looks[state] ?? { word: state, tone: "quiet", Icon: QuestionIcon };
  return (
    <Badge tone={look.tone} Icon={look.Icon} title={look.says}>
      {look.word}
    </Badge>
  );
}
