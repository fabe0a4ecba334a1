interface Props {
  /** Oldest first; null where nothing was counted. */
  values: (number | null)[];
  /** The last value belongs to a bucket that isn't over: drawn dashed. */
  unfinished: boolean;
  /** Counts start at zero; rates and times show their own span. */
  fromZero: boolean;
}

const width = 104;
const height = 30;
const edge = 2;

type Point = [number, number] | null;

/** The course of a number, small. It repeats what the page says in words, so it is hidden from screen readers. */
export function Sparkline({ values, unfinished, fromZero }: Props) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const top = Math.max(...known);
  const bottom = fromZero ? 0 : Math.min(...known);
  const scale = top > bottom ? (height - 2 * edge) / (top - bottom) : 0;
  const flat = top > bottom || fromZero ? height - edge : height / 2;
  const points: Point[] = values.map((value, index) =>
    value === null
      ? null
      : [
          round(edge + (index * (width - 2 * edge)) / (values.length - 1)),
          round(flat - (value - bottom) * scale),
        ],
  );
  const solid = unfinished ? points.slice(0, -1) : points;
  const last = points.at(-1);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <g fill="none" stroke="var(--vs-accent)" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round">
        <path d={path(solid)} />
        {unfinished && <path d={path(points.slice(-2))} strokeDasharray="2 3" />}
      </g>
      {last && <circle cx={last[0]} cy={last[1]} r="2" fill="var(--vs-accent)" />}
    </svg>
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function path(points: Point[]): string {
  let drawing = false;
  return points
    .map((point) => {
      if (!point) {
        drawing = false;
        return "";
      }
      const command = `${drawing ? "L" : "M"}${point[0]} ${point[1]}`;
      drawing = true;
      return command;
    })
    .join("");
}
