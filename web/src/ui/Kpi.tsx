import { Tooltip } from "@mantine/core";
import { type ReactNode, useId } from "react";
import type { MetricName, Result } from "../api/types";
import { Sparkline } from "../charts/Sparkline";
import { unknown } from "../format";
import type { Change } from "../state/change";
import { Explained } from "./Explained";
import styles from "./kpi.module.css";
import { type Loading, Skeleton, useOutdated } from "./states";

export interface KpiNumber {
  metric: MetricName;
  value: number | null | undefined;
  shown: string;
  unit?: string;
  result: Result;
  allTime?: boolean;
  /** Stands under the value: what else is counted, n, the range. */
  note: ReactNode;
  change: Change | null;
  /** Fits after "against"; null when nothing is compared. */
  against: string | null;
  /** The answer that the change and the course were taken from. */
  compared: Result;
  course: (number | null)[];
  courseFromZero: boolean;
}

interface Props {
  label: ReactNode;
  /** Which range the value is of, always said. */
  scope: string;
  loading: Loading;
  number: KpiNumber | null;
}

/** One number that matters: value and unit, what it is of, its change and course. */
export function Kpi({ label, scope, loading, number }: Props) {
  const id = useId();
  const outdated = useOutdated(loading);
  return (
    <section
      className={styles.kpi}
      aria-labelledby={id}
      aria-busy={loading.pending || outdated || undefined}
      data-outdated={outdated || undefined}
    >
      <div className={styles.head}>
        <h2 id={id} className={styles.label}>
          {label}
        </h2>
        <span className={styles.scope}>{scope}</span>
      </div>
      {number ? (
        <>
          <div className={styles.value}>
            <Explained
              metric={number.metric}
              value={number.value}
              result={number.result}
              allTime={number.allTime ?? false}
            >
              {number.shown}
              {number.unit && number.value != null && <span className={styles.unit}>{number.unit}</span>}
            </Explained>
          </div>
          <div className={styles.spark}>
            <Sparkline
              values={number.course}
              unfinished={number.compared.range.unfinished}
              fromZero={number.courseFromZero}
            />
          </div>
          <div className={styles.foot}>
            <span>{number.note}</span>
            {number.against !== null && (
              <ChangeText change={number.change} against={number.against} result={number.compared} />
            )}
          </div>
        </>
      ) : loading.error ? (
        <>
          <div className={styles.value}>{unknown}</div>
          <p className={styles.foot} title={loading.error.message}>
            not loaded
          </p>
        </>
      ) : (
        <Skeleton height={34} width="60%" />
      )}
    </section>
  );
}

function ChangeText({ change, against, result }: { change: Change | null; against: string; result: Result }) {
  if (!change) {
    return (
      <Tooltip label={`Nothing to compare with: ${against} has too few predictions.`} multiline maw={260}>
        <button type="button" className={styles.change}>
          no comparison
        </button>
      </Tooltip>
    );
  }
  const unfinished = result.range.unfinished ? " What isn't over is compared with the same hours." : "";
  return (
    <Tooltip label={`Against ${against}: ${change.detail}.${unfinished}`} multiline maw={280}>
      <button type="button" className={styles.change} data-tone={change.tone}>
        {change.text}
      </button>
    </Tooltip>
  );
}
