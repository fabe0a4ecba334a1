import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./explained.module.css";
import { InfoIcon } from "./icons";

export interface Said {
  title: string;
  definition?: string | undefined;
  facts: [string, string][];
}

interface Props extends Said {
  children: ReactNode;
}

/** Something that says on hover, focus and touch what it is. */
export function Told({ children, ...said }: Props) {
  return (
    <Tooltip label={<Tip said={[said]} />} multiline maw={340} position="bottom-start">
      <button type="button" className={styles.value}>
        {children}
      </button>
    </Tooltip>
  );
}

/** The mark beside a heading whose numbers need more than one explanation, or have no room for their own. */
export function About({ what, said }: { what: string; said: Said[] }) {
  return (
    <Tooltip label={<Tip said={said} />} multiline maw={380} position="bottom-start">
      <button type="button" className={styles.about} aria-label={`About ${what}`}>
        <InfoIcon size={14} />
      </button>
    </Tooltip>
  );
}

function Tip({ said }: { said: Said[] }) {
  return (
    <span className={styles.tip}>
      {said.map(({ title, definition, facts }) => (
        <span key={title} className={styles.part}>
          <strong>{title}</strong>
          {definition && <span>{definition}</span>}
          {facts.length > 0 && (
            <dl className={styles.facts}>
              {facts.map(([name, text]) => (
                <div key={name} className={styles.fact}>
                  <dt>{name}</dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          )}
        </span>
      ))}
    </span>
  );
}
