import { useMemo } from "react";
import type { Result } from "../api/types";
import { type Bucket, bucketsOf, titleOf } from "../charts/buckets";
import chart from "../charts/chart.module.css";
import type { Line } from "../charts/LineChart";
import type { Mark } from "../charts/marks";
import { dayAndClock, integer, short } from "../format";
import type { RangeChoice } from "../state/range";
import type { Comparison } from "../state/search";
import { useZoom } from "../state/zoom";
import { originOf, useAbout, useSaid } from "./about";
import { ChartCard } from "./ChartCard";
import { againstWords } from "./compared";
import { Drawn } from "./Drawn";
import { Empty, type Loading } from "./states";

const height = 230;

interface Props {
  title?: string;
  result: Result | undefined;
  /** Knows the busiest minute, where the page says it. */
  peak?: Result | undefined;
  range: RangeChoice;
  compare: Comparison;
  loading: Loading;
  marks?: Mark[];
  className?: string | undefined;
}

/** How many predictions came, step by step, and which minute was the busiest. */
export function LoadCard({ title = "Load", result, peak, range, compare, loading, marks, className }: Props) {
  const zoom = useZoom();
  const about = useAbout(["total_predictions"], result);
  const said = useSaid(result && originOf(result));
  const buckets = useMemo(() => (result ? bucketsOf(result) : []), [result]);
  const lines = useMemo(() => linesOf(result), [result]);
  const at = (bucket: Bucket) => result?.rows[buckets.indexOf(bucket)];
  const interval = result?.interval ?? range.interval;
  const peakAt = peak?.totals.peak_load_at;
  const zone = result?.range.time_zone ?? "UTC";
  const busiest = peakAt
    ? ` Busiest minute: ${dayAndClock(peakAt, zone)}, ${integer(peak?.totals.peak_load)}.`
    : "";
  const total = result?.totals.total_predictions ?? 0;
  return (
    <ChartCard
      className={className}
      title={title}
      subtitle={`Predictions per ${interval} ${range.words}.${busiest}`}
      about={about}
      name={`load-${range.code}`}
      fields={[
        {
          key: "start",
          head: "From",
          value: ({ start }) => start,
          show: titleOf,
        },
        {
          key: "total_predictions",
          head: "Predictions",
          said: said("total_predictions"),
          number: true,
          value: (bucket) => at(bucket)?.total_predictions ?? 0,
          show: (bucket) => integer(at(bucket)?.total_predictions),
        },
      ]}
      rows={buckets}
      reversed
      height={height}
      loading={loading}
      legend={
        result?.compare
          ? [
              {
                label: `Predictions ${range.words}`,
                mark: <i className={chart.line} style={{ borderColor: "var(--vs-accent)" }} />,
                colour: "var(--vs-accent)",
              },
              {
                label: againstWords(compare, range),
                mark: <i className={chart.dashed} />,
                colour: "var(--vs-muted)",
              },
            ]
          : []
      }
      empty={
        result &&
        total === 0 && (
          <Empty>
            <p>No predictions {range.words}.</p>
          </Empty>
        )
      }
    >
      {result && (
        <Drawn height={height}>
          {({ LineChart }) => (
            <LineChart
              buckets={buckets}
              lines={lines}
              show={short}
              {...(marks ? { marks } : {})}
              summary={`${integer(total)} predictions in ${buckets.length} ${interval}s.${busiest}`}
              height={height}
              time={{ starts: buckets.map(({ start }) => start), end: result.range.end, ...zoom }}
            />
          )}
        </Drawn>
      )}
    </ChartCard>
  );
}

function linesOf(result: Result | undefined): Line[] {
  if (!result) return [];
  const earlier = result.compare?.rows;
  return [
    {
      label: "Predictions",
      colour: (palette) => palette.accent,
      values: result.rows.map((row) => row.total_predictions ?? 0),
      area: true,
    },
    ...(earlier
      ? [
          {
            label: "Compared range",
            colour: (palette: { muted: string }) => palette.muted,
            values: result.rows.map((_, at) => earlier[at]?.total_predictions ?? null),
            dashed: true,
          },
        ]
      : []),
  ];
}
