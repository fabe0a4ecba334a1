import styles from "./upstrip.module.css";

interface Step {
  key: string;
  /** Percent of good checks; null when none was made. */
  up: number | null;
  title: string;
}

interface Props {
  /** Oldest first. */
  steps: Step[];
  height: number;
  summary: string;
}

const whole = 10;

/** One bar for each step: green when all was good, critical as far as it was not, pale when nothing was asked. */
export function UpStrip({ steps, height, summary }: Props) {
  return (
    <svg
      className={styles.strip}
      style={{ height }}
      viewBox={`0 0 ${steps.length * whole} ${whole}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={summary}
    >
      {steps.map(({ key, up, title }, at) => {
        const bad = up === null ? 0 : badOf(up);
        const box = { x: at * whole + 0.5, width: whole - 1 };
        return (
          <g key={key}>
            <title>{title}</title>
            <rect {...box} y={0} height={whole} className={up === null ? styles.unknown : styles.good} />
            {bad > 0 && (
              <rect {...box} y={0} height={bad} className={bad < whole ? styles.some : styles.none} />
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** A single failed check among many still shows. */
function badOf(up: number): number {
  return up >= 100 ? 0 : Math.max(0.25, 1 - up / 100) * whole;
}
