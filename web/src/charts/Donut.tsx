import { type KeyboardEvent, useId, useState } from "react";
import type { Outcome } from "../api/types";
import { integer, percent, short } from "../format";
import { outcomes } from "../theme";
import { outcomeLabel, Swatch } from "../ui/Outcome";
import styles from "./donut.module.css";

interface Props {
  counts: Record<Outcome, number>;
  onPick: (outcome: Outcome) => void;
}

const size = 152;
const outer = 75;
const inner = 49;

interface Slice {
  name: Outcome;
  count: number;
  share: number;
  from: number;
  to: number;
}

/** Shares of a whole, the text beside them. Slices can be picked with pointer and keyboard. */
export function Donut({ counts, onPick }: Props) {
  const hatch = useId();
  const [pointed, setPointed] = useState<Outcome | null>(null);
  const total = outcomes.reduce((sum, { name }) => sum + counts[name], 0);
  let turned = 0;
  const slices: Slice[] = outcomes.map(({ name }) => {
    const from = turned;
    turned += total > 0 ? counts[name] / total : 0;
    return { name, count: counts[name], share: total > 0 ? counts[name] / total : 0, from, to: turned };
  });
  const centre = slices.find(({ name }) => name === pointed);
  return (
    <div className={styles.donut}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset can't be drawn */}
      <svg
        viewBox={`0 0 ${size} ${size}`}
        className={styles.ring}
        role="group"
        aria-label={`Distribution of ${integer(total)} predictions`}
      >
        <defs>
          <pattern
            id={hatch}
            width="7"
            height="7"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="7" height="7" fill="var(--vs-uncertain)" />
            <rect width="2.2" height="7" fill="var(--vs-uncertain-stripe)" />
          </pattern>
        </defs>
        {slices
          .filter(({ share }) => share > 0)
          .map((slice) => (
            // biome-ignore lint/a11y/useSemanticElements: a button element can't be drawn inside SVG
            <path
              key={slice.name}
              d={ringPart(slice.from, slice.to)}
              fillRule="evenodd"
              fill={slice.name === "uncertain" ? `url(#${hatch})` : `var(--vs-${slice.name})`}
              className={styles.slice}
              data-faded={(pointed !== null && pointed !== slice.name) || undefined}
              role="button"
              tabIndex={0}
              aria-label={`${outcomeLabel(slice.name)}: ${integer(slice.count)}, ${percent(slice.share * 100)}. Show only these`}
              onClick={() => onPick(slice.name)}
              onKeyDown={(event: KeyboardEvent) => {
                if (event.key === "Enter" || event.key === " ") {
                  event.preventDefault();
                  onPick(slice.name);
                }
              }}
              onPointerEnter={() => setPointed(slice.name)}
              onPointerLeave={() => setPointed(null)}
              onFocus={() => setPointed(slice.name)}
              onBlur={() => setPointed(null)}
            />
          ))}
        <g className={styles.centre}>
          <text x={size / 2} y={size / 2 + 1} className={styles.centreNumber}>
            {centre ? percent(centre.share * 100) : short(total)}
          </text>
          <text x={size / 2} y={size / 2 + 19}>
            {centre ? outcomeLabel(centre.name) : total === 1 ? "prediction" : "predictions"}
          </text>
        </g>
      </svg>
      <table className={styles.table}>
        <caption className="visually-hidden">Predictions by outcome</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Share</th>
            <th scope="col">Count</th>
          </tr>
        </thead>
        <tbody>
          {slices.map(({ name, count, share }) => (
            <tr key={name} data-pointed={pointed === name || undefined}>
              <th scope="row">
                <button
                  type="button"
                  onClick={() => onPick(name)}
                  onPointerEnter={() => setPointed(name)}
                  onPointerLeave={() => setPointed(null)}
                  title={`Show only ${outcomeLabel(name).toLowerCase()}`}
                >
                  <Swatch outcome={name} />
                  {outcomeLabel(name)}
                </button>
              </th>
              <td>{percent(share * 100)}</td>
              <td>{integer(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A part of the ring from and to a share of the whole turn, clockwise from the top. */
function ringPart(from: number, to: number): string {
  if (to - from > 0.9999) return `${circle(outer)}${circle(inner)}`;
  const gap = Math.min(0.0025, (to - from) / 4);
  const [a, b] = [from + gap, to - gap];
  const large = b - a > 0.5 ? 1 : 0;
  return `M${at(outer, a)}A${outer} ${outer} 0 ${large} 1 ${at(outer, b)}L${at(inner, b)}A${inner} ${inner} 0 ${large} 0 ${at(inner, a)}Z`;
}

function at(radius: number, share: number): string {
  const angle = 2 * Math.PI * share;
  const x = size / 2 + radius * Math.sin(angle);
  const y = size / 2 - radius * Math.cos(angle);
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
}

function circle(radius: number): string {
  const top = size / 2 - radius;
  const bottom = size / 2 + radius;
  const middle = size / 2;
  return `M${middle} ${top}A${radius} ${radius} 0 1 1 ${middle} ${bottom}A${radius} ${radius} 0 1 1 ${middle} ${top}Z`;
}
