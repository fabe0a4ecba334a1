import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { integer } from "../format";
import styles from "./heat.module.css";
import { type Scale, stepIn } from "./steps";

export const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

interface Props {
  /** Seven days from Monday, 24 hours each. */
  counts: number[][];
  scale: Scale;
  summary: string;
}

const cell = 34;
const low = 42;
/** On a phone, where 24 hours leave narrow cells. */
const tall = 68;
const left = 60;
const top = 4;

/** When in the week predictions come: the darker the more. */
export function HeatMap({ counts, scale, summary }: Props) {
  const [pointed, setPointed] = useState<{ day: number; hour: number } | null>(null);
  const high = useMediaQuery("(max-width: 699px)") ? tall : low;
  const width = left + 24 * cell;
  const height = top + 7 * high + 28;
  const said = pointed && {
    ...pointed,
    words: `${weekdays[pointed.day]} ${hourWords(pointed.hour)}: ${integer(counts[pointed.day]?.[pointed.hour])}`,
  };
  return (
    <div className={styles.heat}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={summary}>
        {counts.map((hours, day) => (
          <g key={weekdays[day]}>
            <text x={left - 8} y={top + day * high + high / 2} className={styles.day}>
              {weekdays[day]}
            </text>
            {hours.map((count, hour) => (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: the hour is the key
                key={hour}
                x={left + hour * cell + 1}
                y={top + day * high + 1}
                width={cell - 2}
                height={high - 2}
                rx={3}
                data-step={stepIn(count, scale)}
                onPointerEnter={() => setPointed({ day, hour })}
                onPointerLeave={() => setPointed(null)}
              />
            ))}
          </g>
        ))}
        {[0, 3, 6, 9, 12, 15, 18, 21].map((hour) => (
          <text key={hour} x={left + hour * cell} y={height - 6} className={styles.hour}>
            {String(hour).padStart(2, "0")}:00
          </text>
        ))}
      </svg>
      {said && (
        <div
          className={styles.tip}
          style={{
            left: `${((left + (said.hour + 0.5) * cell) / width) * 100}%`,
            top: `${((top + (said.day + 1) * high) / height) * 100}%`,
          }}
          data-flip={said.hour > 16 || undefined}
          aria-hidden="true"
        >
          {said.words}
        </div>
      )}
    </div>
  );
}

export function hourWords(hour: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(hour)}:00 to ${two(hour + 1)}:00`;
}
