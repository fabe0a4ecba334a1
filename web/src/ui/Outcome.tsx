import type { Outcome } from "../api/types";
import { outcomes } from "../theme";
import { Badge } from "./Badge";
import styles from "./outcome.module.css";

export function outcomeLabel(outcome: string): string {
  return outcomes.find(({ name }) => name === outcome)?.label ?? outcome;
}

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  return <Badge tone={outcome}>{outcomeLabel(outcome)}</Badge>;
}

export function Swatch({ outcome }: { outcome: Outcome }) {
  return <span className={styles.swatch} data-outcome={outcome} aria-hidden="true" />;
}
