import { type Scale, stepIn } from "../charts/steps";
import { integer } from "../format";
import styles from "./scale.module.css";

/** What the colours of a map stand for, from the fewest to the most. */
export function ScaleLegend({ scale }: { scale: Scale }) {
  const starts = scale.starts.filter((start, at, all) => start !== all[at - 1]);
  return (
    <p className={styles.scale} aria-hidden="true">
      <span>{integer(starts[0])}</span>
      {starts.map((start) => (
        <i key={start} data-step={stepIn(start, scale)} title={`from ${integer(start)}`} />
      ))}
      <span>{integer(scale.most)}</span>
      <span className={styles.none}>
        <i data-step="0" /> none
      </span>
    </p>
  );
}
