import { useMemo } from "react";
import type { MetricName, Result } from "../api/types";
import { activityFields, activityOf, summaryOf, totalOf } from "../charts/activity";
import chart from "../charts/chart.module.css";
import type { Mark } from "../charts/marks";
import type { RangeChoice } from "../state/range";
import type { Comparison } from "../state/search";
import { useZoom } from "../state/zoom";
import { outcomes } from "../theme";
import { originOf, useAbout, useSaid } from "./about";
import { ChartCard, type LegendItem } from "./ChartCard";
import { againstWords } from "./compared";
import { Drawn } from "./Drawn";
import { Swatch } from "./Outcome";
import { Empty, FirstImage, type Loading } from "./states";

const height = 254;
const activityMetrics: Record<string, MetricName | undefined> = {
  ...Object.fromEntries(outcomes.map(({ name }) => [name, `${name}_predictions`])),
  total: "total_predictions",
};
const adjective = { minute: "Activity by the minute", hour: "Hourly activity", day: "Daily activity" };

interface Props {
  result: Result | undefined;
  range: RangeChoice;
  compare: Comparison;
  /** Whether anything was ever recorded, so that "none" can be told from "not yet". */
  nothingYet: boolean;
  filtered: boolean;
  loading: Loading;
  marks?: Mark[];
  className?: string | undefined;
}

export function ActivityCard(props: Props) {
  const { result, range, compare, nothingYet, filtered, loading, marks, className } = props;
  const zoom = useZoom();
  const about = useAbout(
    [
      "total_predictions",
      "real_predictions",
      "fake_predictions",
      "uncertain_predictions",
      "failed_predictions",
    ],
    result,
  );
  const said = useSaid(result && originOf(result));
  const activity = useMemo(() => (result ? activityOf(result) : null), [result]);
  const interval = activity?.interval ?? range.interval;
  const buckets = activity?.buckets ?? [];
  const none = activity !== null && buckets.every((bucket) => totalOf(bucket) === 0);
  const legend: LegendItem[] = [
    ...outcomes.map(({ name, label }) => ({
      label,
      mark: <Swatch outcome={name} />,
      colour: `var(--vs-${name})`,
    })),
    ...(activity?.before
      ? [
          {
            label: `Total, ${againstWords(compare, range)}`,
            mark: <i className={chart.dashed} />,
            colour: "var(--vs-muted)",
          },
        ]
      : []),
    ...(buckets.at(-1)?.unfinished
      ? [{ label: "Not finished", mark: <i className={chart.unfinished} />, colour: "var(--vs-muted)" }]
      : []),
  ];
  return (
    <ChartCard
      className={className}
      title={adjective[interval]}
      subtitle={`Predictions per ${interval} ${range.words}, ${result?.range.time_zone ?? "UTC"}`}
      about={about}
      name={`activity-${range.code}`}
      fields={activityFields.map((field) => {
        const metric = activityMetrics[field.key];
        return metric ? { ...field, said: said(metric) } : field;
      })}
      rows={buckets}
      reversed
      height={height}
      loading={loading}
      legend={legend}
      empty={
        none &&
        (nothingYet && !filtered ? (
          <FirstImage />
        ) : (
          <Empty>
            <p>
              No predictions {range.words}
              {filtered ? " pass these filters" : ""}. Choose a longer range
              {filtered ? " or remove a filter" : ""} to see more.
            </p>
          </Empty>
        ))
      }
    >
      {activity && result && (
        <Drawn height={height}>
          {({ ActivityChart }) => (
            <ActivityChart
              activity={activity}
              summary={summaryOf(activity)}
              height={height}
              {...(marks ? { marks } : {})}
              time={{ starts: buckets.map(({ start }) => start), end: result.range.end, ...zoom }}
            />
          )}
        </Drawn>
      )}
    </ChartCard>
  );
}
