import { type Phase, type Severity, severities } from "../api/alerts";
import {
  AlertIcon,
  CheckIcon,
  ClockIcon,
  CrossIcon,
  FakeIcon,
  InfoIcon,
  QuestionIcon,
  RealIcon,
} from "./icons";
import styles from "./severity.module.css";

const severityIcons = { critical: FakeIcon, warning: AlertIcon, info: InfoIcon };
export const severityLabels: Record<Severity, string> = {
  critical: "Critical",
  warning: "Warning",
  info: "Info",
};

/** As a form offers them. */
export const severityChoices = severities.map((one): [Severity, string] => [one, severityLabels[one]]);

/** How bad: an icon and a word, never the colour alone. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  const Icon = severityIcons[severity] ?? InfoIcon;
  return (
    <span className={styles.badge} data-tone={severity}>
      <Icon size={14} />
      {severityLabels[severity] ?? severity}
    </span>
  );
}

const phases: Record<Phase, { label: string; tone: string; icon: typeof RealIcon; says: string }> = {
  ok: { label: "OK", tone: "ok", icon: RealIcon, says: "The value is where it should be." },
  pending: {
    label: "Pending",
    tone: "warning",
    icon: ClockIcon,
    says: "The value is bad, but not yet for as long as the rule asks. Nobody was told.",
  },
  firing: {
    label: "Firing",
    tone: "critical",
    icon: FakeIcon,
    says: "The value has been bad for as long as the rule asks.",
  },
  recovering: {
    label: "Recovering",
    tone: "warning",
    icon: ClockIcon,
    says: "The value is good again, but not yet for long enough to call it over.",
  },
  flapping: {
    label: "Flapping",
    tone: "warning",
    icon: AlertIcon,
    says: "It fired too often within an hour. It stays one alert, told once, until it has been calm.",
  },
  "no-data": {
    label: "No data",
    tone: "quiet",
    icon: QuestionIcon,
    says: "There is no value to judge: nothing was counted, or too little.",
  },
  error: {
    label: "Not evaluated",
    tone: "critical",
    icon: CrossIcon,
    says: "The rule itself could not be evaluated; its reason says why.",
  },
};

export function PhaseBadge({ phase, ended = false }: { phase: Phase; ended?: boolean }) {
  if (ended) {
    return (
      <span className={styles.badge} data-tone="ok" title="It is over.">
        <CheckIcon size={14} />
        Resolved
      </span>
    );
  }
  const { label, tone, icon: Icon, says } = phases[phase] ?? phases.error;
  return (
    <span className={styles.badge} data-tone={tone} title={says}>
      <Icon size={14} />
      {label}
    </span>
  );
}

export function WordBadge({
  tone,
  children,
}: {
  tone: "ok" | "warning" | "critical" | "quiet";
  children: string;
}) {
  const Icon = { ok: RealIcon, warning: AlertIcon, critical: CrossIcon, quiet: InfoIcon }[tone];
  return (
    <span className={styles.badge} data-tone={tone}>
      <Icon size={14} />
      {children}
    </span>
  );
}
