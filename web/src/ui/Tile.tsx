import { type ReactNode, useId } from "react";
import { Sparkline } from "../charts/Sparkline";
import { unknown } from "../format";
import type { Said } from "../state/said";
import styles from "./kpi.module.css";
import { type Loading, Skeleton, useOutdated } from "./states";
import { Told } from "./Told";

interface Props {
  label: ReactNode;
  scope: string;
  shown: string;
  said: Said;
  note: ReactNode;
  course: (number | null)[];
  courseFromZero?: boolean;
  loading: Loading;
}

/** One number of the present, with its course: a KPI that isn't counted from predictions. */
export function Tile({ label, scope, shown, said, note, course, courseFromZero = true, loading }: Props) {
  const id = useId();
  return (
    <section className={styles.kpi} aria-labelledby={id} data-outdated={useOutdated(loading) || undefined}>
      <div className={styles.head}>
        <h2 id={id} className={styles.label}>
          {label}
        </h2>
        <span className={styles.scope}>{scope}</span>
      </div>
      {loading.pending ? (
        <Skeleton height={34} width="60%" />
      ) : loading.error ? (
        <>
          <div className={styles.value}>{unknown}</div>
          <p className={styles.foot} title={loading.error.message}>
            not loaded
          </p>
        </>
      ) : (
        <>
          <div className={styles.value}>
            <Told {...said}>{shown}</Told>
          </div>
          <div className={styles.spark}>
            <Sparkline values={course} unfinished={false} fromZero={courseFromZero} />
          </div>
          <div className={styles.foot}>
            <span>{note}</span>
          </div>
        </>
      )}
    </section>
  );
}
