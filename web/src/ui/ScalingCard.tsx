import { useMemo } from "react";
import type { Result, Row } from "../api/types";
import { bucketTitle, integer, milliseconds, short } from "../format";
import type { RangeChoice } from "../state/range";
import { slope } from "../state/slope";
import { originOf, useAbout, useSaid } from "./about";
import { ChartCard } from "./ChartCard";
import { Drawn } from "./Drawn";
import { Empty, type Loading } from "./states";

const height = 230;

interface Props {
  result: Result | undefined;
  range: RangeChoice;
  loading: Loading;
  className?: string | undefined;
}

/** Whether more load means slower answers: one spot for each step of the range. */
export function ScalingCard({ result, range, loading, className }: Props) {
  const about = useAbout(["total_predictions", "inference_time_p95"], result);
  const said = useSaid(result && originOf(result));
  const rows = useMemo(
    () => (result?.rows ?? []).filter((row) => row.total_predictions && row.inference_time_p95 != null),
    [result],
  );
  const interval = result?.interval ?? "hour";
  const zone = result?.range.time_zone ?? "UTC";
  const title = (row: Row) => bucketTitle(row.bucket ?? "", interval, zone);
  const spots = useMemo(
    () =>
      rows.map((row) => ({
        x: row.total_predictions ?? 0,
        y: row.inference_time_p95 ?? 0,
        title: bucketTitle(row.bucket ?? "", interval, zone),
        lines: [
          { name: "Predictions", value: integer(row.total_predictions) },
          { name: "p95", value: milliseconds(row.inference_time_p95) },
        ],
      })),
    [rows, interval, zone],
  );
  const words = scalingWords(rows, interval);
  return (
    <ChartCard
      className={className}
      title="Latency under load"
      subtitle={words}
      about={about}
      name={`latency-under-load-${range.code}`}
      fields={[
        { key: "start", head: "From", value: (row) => row.bucket ?? "", show: title },
        {
          key: "total_predictions",
          head: "Predictions",
          said: said("total_predictions"),
          number: true,
          value: (row) => row.total_predictions ?? 0,
          show: (row) => integer(row.total_predictions),
        },
        {
          key: "inference_time_p95_ms",
          head: "p95",
          said: said("inference_time_p95"),
          number: true,
          value: (row) => row.inference_time_p95 ?? null,
          show: (row) => milliseconds(row.inference_time_p95),
        },
      ]}
      rows={rows}
      reversed
      height={height}
      loading={loading}
      empty={
        result &&
        rows.length === 0 && (
          <Empty>
            <p>Nothing succeeded {range.words}, so there are no times.</p>
          </Empty>
        )
      }
    >
      <Drawn height={height}>
        {({ ScatterChart }) => (
          <ScatterChart
            spots={spots}
            xName={`predictions per ${interval}`}
            yName="p95"
            showX={short}
            showY={milliseconds}
            summary={words}
            height={height}
          />
        )}
      </Drawn>
    </ChartCard>
  );
}

const enough = 12;

/** What the spots say in a sentence: how much p95 changes from quiet steps to busy ones. */
function scalingWords(rows: Row[], interval: string): string {
  if (rows.length < enough) return `p95 of inference time against predictions per ${interval}`;
  const line = slope(rows.map((row) => [row.total_predictions ?? 0, row.inference_time_p95 ?? 0]));
  const loads = rows.map((row) => row.total_predictions ?? 0);
  const change = line === null ? 0 : line * (Math.max(...loads) - Math.min(...loads));
  const flat = Math.abs(change) < 1;
  return flat
    ? `p95 stays the same from ${integer(Math.min(...loads))} to ${integer(Math.max(...loads))} per ${interval}`
    : `p95 ${change > 0 ? "rises" : "falls"} by ${milliseconds(Math.abs(change))} from ${integer(Math.min(...loads))} to ${integer(Math.max(...loads))} per ${interval} (straight line)`;
}
