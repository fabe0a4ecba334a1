import { Tooltip } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";
import type { Said } from "../state/said";
import styles from "./explained.module.css";
import { InfoIcon } from "./icons";

interface Props extends Said {
  children: ReactNode;
}

/** Something that says on hover, focus and touch what it is. */
export function Told({ children, ...said }: Props) {
  return (
    <Telling said={said}>
      <button type="button" className={styles.value}>
        {children}
      </button>
    </Telling>
  );
}

interface TellingProps {
  said: Said;
  /** Where there is room: below by default, above what stands over the numbers themselves. */
  at?: "top" | "bottom";
  /** One element that can be focused. */
  children: ReactElement;
}

/** Lets something that has a use of its own say as well what it is. */
export function Telling({ said, at = "bottom", children }: TellingProps) {
  return (
    <Tooltip label={<Tip said={[said]} />} multiline maw={340} position={`${at}-start`}>
      {children}
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
