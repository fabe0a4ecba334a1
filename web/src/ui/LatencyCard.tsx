import { type ReactNode, useMemo } from "react";
import type { NumberMetric, Result } from "../api/types";
import { type Bucket, bucketsOf, startField } from "../charts/buckets";
import chart from "../charts/chart.module.css";
import type { Line } from "../charts/LineChart";
import type { Mark } from "../charts/marks";
import { integer, milliseconds } from "../format";
import type { RangeChoice } from "../state/range";
import type { Field } from "../state/sheet";
import { useZoom } from "../state/zoom";
import { originOf, useAbout, useSaid } from "./about";
import { ChartCard } from "./ChartCard";
import { Drawn } from "./Drawn";
import { Empty, type Loading } from "./states";

const percentiles = [
  { metric: "inference_time_p50", label: "p50", token: "p50" },
  { metric: "inference_time_p95", label: "p95", token: "p95" },
  { metric: "inference_time_p99", label: "p99", token: "p99" },
] as const satisfies { metric: NumberMetric; label: string; token: string }[];

export const latencyMetrics = percentiles.map(({ metric }) => metric);

interface Props {
  title: string;
  result: Result | undefined;
  range: RangeChoice;
  height: number;
  loading: Loading;
  marks?: Mark[];
  tools?: ReactNode;
  className?: string | undefined;
}

/** How long inference took, step by step: half, nearly all and all but a hundredth were at most this slow. */
export function LatencyCard({ title, result, range, height, loading, marks, tools, className }: Props) {
  const zoom = useZoom();
  const about = useAbout(latencyMetrics, result);
  const said = useSaid(result && originOf(result));
  const { buckets, lines } = useMemo(() => partsOf(result), [result]);
  const fields: Field<Bucket>[] = [
    startField,
    ...percentiles.map(
      ({ metric, label }): Field<Bucket> => ({
        key: `${metric}_ms`,
        head: `${label}, ms`,
        said: said(metric),
        number: true,
        value: (bucket) => result?.rows[buckets.indexOf(bucket)]?.[metric] ?? null,
        show: (bucket) => milliseconds(result?.rows[buckets.indexOf(bucket)]?.[metric]),
      }),
    ),
  ];
  const none = result !== undefined && lines.every(({ values }) => values.every((value) => value === null));
  return (
    <ChartCard
      className={className}
      title={title}
      subtitle={`Inference time percentiles per ${result?.interval ?? range.interval} ${range.words}, ms; within 2 %`}
      about={about}
      name={`latency-${range.code}`}
      fields={fields}
      rows={buckets}
      reversed
      height={height}
      loading={loading}
      tools={tools}
      legend={percentiles.map(({ label, token }) => ({
        label,
        mark: <i className={chart.line} style={{ borderColor: `var(--vs-${token})` }} />,
        colour: `var(--vs-${token})`,
      }))}
      empty={
        none && (
          <Empty>
            <p>Nothing succeeded {range.words}, so there are no times.</p>
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
              {...(marks ? { marks } : {})}
              show={milliseconds}
              summary={summaryOf(result)}
              height={height}
              time={{ starts: buckets.map(({ start }) => start), end: result.range.end, ...zoom }}
            />
          )}
        </Drawn>
      )}
    </ChartCard>
  );
}

function partsOf(result: Result | undefined): { buckets: Bucket[]; lines: Line[] } {
  if (!result) return { buckets: [], lines: [] };
  return {
    buckets: bucketsOf(result),
    lines: percentiles.map(({ metric, label, token }) => ({
      label,
      colour: (palette) => palette[token],
      values: result.rows.map((row) => row[metric] ?? null),
    })),
  };
}

function summaryOf({ totals, rows }: Result): string {
  const said = percentiles.map(({ metric, label }) => `${label} ${milliseconds(totals[metric])}`);
  return `Inference time over ${integer(rows.length)} steps; over the whole range ${said.join(", ")}.`;
}
