import type { Outcome } from "../api/types";
import { outcomes } from "../theme";
import { CrossIcon, FakeIcon, QuestionIcon, RealIcon } from "./icons";
import styles from "./outcome.module.css";

const icons = { real: RealIcon, fake: FakeIcon, uncertain: QuestionIcon, failed: CrossIcon };

export function outcomeLabel(outcome: string): string {
  return outcomes.find(({ name }) => name === outcome)?.label ?? outcome;
}

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  const Icon = icons[outcome];
  return (
    <span className={styles.badge} data-outcome={outcome}>
      <Icon size={14} />
      {outcomeLabel(outcome)}
    </span>
  );
}

export function Swatch({ outcome }: { outcome: Outcome }) {
  return <span className={styles.swatch} data-outcome={outcome} aria-hidden="true" />;
}
