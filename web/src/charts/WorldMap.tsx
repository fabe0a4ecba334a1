import world from "virtual:world";
import { type PointerEvent, useMemo, useState } from "react";
import { countryName, integer, percent, shareOf } from "../format";
import styles from "./map.module.css";
import { type Scale, stepIn } from "./steps";

export interface Place {
  /** ISO 3166 alpha-2. */
  code: string;
  count: number;
}

interface Props {
  places: Place[];
  scale: Scale;
  total: number;
  summary: string;
  onPick: (code: string) => void;
}

interface Pointed {
  code: string | null;
  name: string;
  x: number;
  y: number;
}

/** Where predictions come from: the darker the more, in steps of equal ratio. The table beside it is its text. */
export function WorldMap({ places, scale, total, summary, onPick }: Props) {
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const counts = useMemo(() => new Map(places.map(({ code, count }) => [code, count])), [places]);
  const stepOf = (code: string | null) => stepIn(code === null ? 0 : (counts.get(code) ?? 0), scale);
  const on = (code: string | null, name: string) => ({
    "data-step": stepOf(code),
    onPointerMove: (event: PointerEvent<SVGElement>) => {
      const box = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
      if (box) setPointed({ code, name, x: event.clientX - box.left, y: event.clientY - box.top });
    },
    onPointerLeave: () => setPointed(null),
    ...(code !== null && counts.has(code) ? { onClick: () => onPick(code), "data-on": true } : {}),
  });
  return (
    <div className={styles.map}>
      <svg viewBox={`0 0 ${world.width} ${world.height}`} role="img" aria-label={summary}>
        {world.countries.map(({ code, name, path }) => (
          <path key={code ?? name} d={path} className={styles.land} {...on(code, name)} />
        ))}
        {world.countries
          .filter(({ code, dot }) => dot && code !== null && counts.has(code))
          .map(({ code, name, dot: [x, y] = [0, 0] }) => (
            <circle key={name} cx={x} cy={y} r={4} className={styles.dot} {...on(code, name)} />
          ))}
      </svg>
      {pointed && (
        <div
          className={styles.tip}
          style={{ left: pointed.x, top: pointed.y }}
          data-flip={pointed.x > 300 || undefined}
          aria-hidden="true"
        >
          <strong>{pointed.code ? countryName(pointed.code) : pointed.name}</strong>
          <span>{tipWords(pointed.code === null ? 0 : (counts.get(pointed.code) ?? 0), total)}</span>
        </div>
      )}
    </div>
  );
}

function tipWords(count: number, total: number): string {
  if (count === 0) return "no predictions";
  return `${integer(count)} predictions, ${percent(shareOf(count, total))}`;
}
