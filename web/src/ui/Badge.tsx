import type { ReactNode } from "react";
import styles from "./badge.module.css";
import { AlertIcon, CrossIcon, FakeIcon, InfoIcon, QuestionIcon, RealIcon } from "./icons";

/** Of how something is, and of what was found. */
const usual = {
  ok: RealIcon,
  warning: AlertIcon,
  critical: CrossIcon,
  quiet: InfoIcon,
  real: RealIcon,
  fake: FakeIcon,
  uncertain: QuestionIcon,
  failed: CrossIcon,
};

export type Tone = keyof typeof usual;

interface Props {
  tone: Tone;
  Icon?: typeof RealIcon | undefined;
  title?: string | undefined;
  children: ReactNode;
}

/** An icon and a word, never the colour alone. */
export function Badge({ tone, Icon = usual[tone], title, children }: Props) {
  return (
    <span className={styles.badge} data-tone={tone} title={title}>
      <Icon size={14} />
      {children}
    </span>
  );
}
