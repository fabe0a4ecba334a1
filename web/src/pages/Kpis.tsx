import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Overview } from "../api/overview";
import { useMetrics } from "../api/queries";
import type { Metric, MetricName, NumberMetric, Result } from "../api/types";
import { integer, millisecondsNumber, percentNumber, plural, short, unknown } from "../format";
import { countChange, rateChange, timeChange } from "../state/change";
import type { RangeChoice } from "../state/range";
import { type Comparison, withFilter } from "../state/search";
import { againstWords } from "../ui/compared";
import { Kpi, type KpiNumber } from "../ui/Kpi";
import type { Loading } from "../ui/states";

interface Props {
  results: Overview["results"] | undefined;
  range: RangeChoice;
  compare: Comparison;
  loading: Loading;
}

/** The brief's four: each says what it counts and over which time, because they differ. */
export function Kpis({ results, range, compare, loading }: Props) {
  const { data } = useMetrics();
  const higherIs = (name: MetricName): Metric["higher_is"] =>
    data?.metrics.find((metric) => metric.name === name)?.higher_is ?? "neutral";
  const against = compare === "none" ? null : againstWords(compare, range);
  return (
    <>
      <Kpi
        label={
          <Link to="/predictions" search={(view) => view}>
            Total predictions
          </Link>
        }
        scope="of all time"
        loading={loading}
        number={results ? totalNumber(results, range, against, higherIs("total_predictions")) : null}
      />
      <Kpi
        label="Success rate"
        scope={range.words}
        loading={loading}
        number={results ? rateNumber(results, against, higherIs("success_rate")) : null}
      />
      <Kpi
        label="Average inference time"
        scope={range.words}
        loading={loading}
        number={results ? timeNumber(results, against, higherIs("avg_inference_time")) : null}
      />
      <Kpi
        label={
          <Link
            to="/predictions"
            search={(view) => ({ ...withFilter(view, "outcome", "failed"), range: "7d" })}
          >
            Error count
          </Link>
        }
        scope="in the last 7 days"
        loading={loading}
        number={results ? errorNumber(results, compare, higherIs("failed_predictions")) : null}
      />
    </>
  );
}

function course(result: Result, metric: NumberMetric): (number | null)[] {
  return result.rows.map((row) => row[metric] ?? null);
}

function sampleOf(count: number | null | undefined): ReactNode {
  return `n = ${integer(count ?? 0)}`;
}

function totalNumber(
  { all, range: result }: Overview["results"],
  range: RangeChoice,
  against: string | null,
  higherIs: Metric["higher_is"],
): KpiNumber {
  const inRange = result.totals.total_predictions;
  const before = result.compare?.totals.total_predictions;
  return {
    metric: "total_predictions",
    value: all.totals.total_predictions,
    shown: short(all.totals.total_predictions),
    result: all,
    allTime: true,
    note: `${integer(inRange)} ${range.words}`,
    change: countChange(inRange, before, before, higherIs),
    against,
    compared: result,
    course: course(result, "total_predictions"),
    courseFromZero: true,
  };
}

function rateNumber(
  { range: result }: Overview["results"],
  against: string | null,
  higherIs: Metric["higher_is"],
): KpiNumber {
  const { totals, compare } = result;
  const value = totals.success_rate;
  return {
    metric: "success_rate",
    value,
    shown: value == null ? unknown : percentNumber(value),
    unit: "%",
    result,
    note: sampleOf(totals.total_predictions),
    change: rateChange(
      value,
      compare?.totals.success_rate,
      totals.total_predictions ?? 0,
      compare?.totals.total_predictions ?? 0,
      higherIs,
    ),
    against,
    compared: result,
    course: course(result, "success_rate"),
    courseFromZero: false,
  };
}

function timeNumber(
  { range: result }: Overview["results"],
  against: string | null,
  higherIs: Metric["higher_is"],
): KpiNumber {
  const { totals, compare } = result;
  const value = totals.avg_inference_time;
  return {
    metric: "avg_inference_time",
    value,
    shown: value == null ? unknown : millisecondsNumber(value),
    unit: "ms",
    result,
    note: sampleOf(totals.succeeded_predictions),
    change: timeChange(
      value,
      compare?.totals.avg_inference_time,
      compare?.totals.total_predictions ?? 0,
      higherIs,
    ),
    against,
    compared: result,
    course: course(result, "avg_inference_time"),
    courseFromZero: false,
  };
}

function errorNumber(
  { week }: Overview["results"],
  compare: Comparison,
  higherIs: Metric["higher_is"],
): KpiNumber {
  const { totals, compare: before } = week;
  return {
    metric: "failed_predictions",
    value: totals.failed_predictions,
    shown: short(totals.failed_predictions),
    result: week,
    note: `of ${plural(totals.total_predictions ?? 0, "prediction")}`,
    change: countChange(
      totals.failed_predictions,
      before?.totals.failed_predictions,
      before?.totals.total_predictions,
      higherIs,
    ),
    against:
      compare === "none" ? null : compare === "weekdays" ? "the same weekdays before" : "the 7 days before",
    compared: week,
    course: course(week, "failed_predictions"),
    courseFromZero: true,
  };
}
