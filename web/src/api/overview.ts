import { type RangeChoice, readRange } from "../state/range";
import { type Comparison, filtersOf, type View } from "../state/search";
import type { Batch, Filters, MetricName, Query } from "./types";

/** Where many questions are answered at once. */
export const batchPath = "/api/v1/query/batch";

/** The comparison as a question carries it. */
export function asked(compare: Comparison): "previous" | "weekdays" | null {
  return compare === "none" ? null : compare;
}

export const outcomeCounts: MetricName[] = [
  "total_predictions",
  "real_predictions",
  "fake_predictions",
  "uncertain_predictions",
  "failed_predictions",
];

export type OverviewPart =
  | "range"
  | "trends"
  | "changes"
  | "all"
  | "week"
  | "errors"
  | "clients"
  | "countries";
export type Overview = Batch<OverviewPart>;

export function overviewQueries(
  range: RangeChoice,
  compare: Comparison,
  filters: Filters,
): Record<OverviewPart, Query> {
  const breakdown: MetricName[] = ["total_predictions", "fake_share", "error_rate"];
  return {
    range: {
      metrics: [...outcomeCounts, "succeeded_predictions", "success_rate", "avg_inference_time"],
      range: range.query,
      interval: range.interval,
      compare: asked(compare),
      filters,
    },
    // Not compared: the histograms of the range before would cost as much as all else.
    trends: {
      metrics: ["inference_time_p50", "inference_time_p95", "inference_time_p99", "accuracy"],
      range: range.query,
      interval: range.interval,
      filters,
    },
    changes: {
      metrics: ["total_predictions"],
      dimensions: ["model"],
      range: range.query,
      interval: range.interval,
      limit: 12,
      filters,
    },
    all: { metrics: ["total_predictions"], range: { all: true }, filters },
    week: {
      metrics: ["failed_predictions", "total_predictions", "error_rate"],
      range: { days: 7 },
      interval: "day",
      compare: asked(compare),
      filters,
    },
    errors: {
      metrics: ["failed_predictions"],
      dimensions: ["error_pattern"],
      range: range.query,
      order_by: "-failed_predictions",
      limit: 6,
      filters,
    },
    clients: {
      metrics: breakdown,
      dimensions: ["client"],
      range: range.query,
      order_by: "-total_predictions",
      limit: 8,
      filters,
    },
    countries: {
      metrics: breakdown,
      dimensions: ["country"],
      range: range.query,
      order_by: "-total_predictions",
      limit: 300,
      filters,
    },
  };
}

/** The overview's questions as an address asks them. */
export function overviewOf(view: View): Record<OverviewPart, Query> {
  return overviewQueries(readRange(view.range), view.compare ?? "previous", filtersOf(view));
}
