import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./explained.module.css";

interface Props {
  title: string;
  definition?: string | undefined;
  facts: [string, string][];
  children: ReactNode;
}

/** A number that says on hover, focus and touch what it is and where it comes from. */
export function Figure({ title, definition, facts, children }: Props) {
  const tip = (
    <span className={styles.tip}>
      <strong>{title}</strong>
      {definition && <span>{definition}</span>}
      <dl className={styles.facts}>
        {facts.map(([name, text]) => (
          <div key={name} className={styles.pair}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </span>
  );
  return (
    <Tooltip label={tip} multiline maw={340} position="bottom-start">
      <button type="button" className={styles.value}>
        {children}
      </button>
    </Tooltip>
  );
}
