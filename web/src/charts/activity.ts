import type { Interval, Outcome, Result, Row } from "../api/types";
import { integer } from "../format";
import type { Field } from "../state/sheet";
import { outcomes } from "../theme";
import { bucketsOf, type Bucket as Step } from "./buckets";

export type Bucket = Record<Outcome, number> & Step;

export interface Activity {
  interval: Interval;
  buckets: Bucket[];
  /** Totals of the range before, bucket by bucket; null without a comparison. */
  before: (number | null)[] | null;
}

/** A result with an interval as the picture of activity: one bucket a row, oldest first. */
export function activityOf(result: Result): Activity {
  const interval = result.interval ?? "day";
  const buckets = bucketsOf(result).map((step, index): Bucket => {
    const row = result.rows[index];
    return {
      ...step,
      real: row?.real_predictions ?? 0,
      fake: row?.fake_predictions ?? 0,
      uncertain: row?.uncertain_predictions ?? 0,
      failed: row?.failed_predictions ?? 0,
    };
  });
  const earlier: Row[] = result.compare?.rows ?? [];
  const before = earlier.some((row) => row.total_predictions)
    ? buckets.map((_, index) => earlier[index]?.total_predictions ?? null)
    : null;
  return { interval, buckets, before };
}

export function totalOf(bucket: Bucket): number {
  return outcomes.reduce((sum, { name }) => sum + bucket[name], 0);
}

/** The chart in one sentence. */
export function summaryOf({ buckets, interval }: Activity): string {
  const total = buckets.reduce((sum, bucket) => sum + totalOf(bucket), 0);
  const most = buckets.reduce<Bucket | null>(
    (best, bucket) => (best && totalOf(best) >= totalOf(bucket) ? best : bucket),
    null,
  );
  if (!most || total === 0) return "No predictions in this range.";
  return `${integer(total)} predictions in ${buckets.length} ${interval}s, most on ${most.title}: ${integer(totalOf(most))}.`;
}

export const activityFields: Field<Bucket>[] = [
  {
    key: "start",
    head: "From",
    value: ({ start }) => start,
    show: ({ title, unfinished }) => (unfinished ? `${title}, not finished` : title),
  },
  ...outcomes.map(
    ({ name, label }): Field<Bucket> => ({
      key: name,
      head: label,
      number: true,
      value: (bucket) => bucket[name],
      show: (bucket) => integer(bucket[name]),
    }),
  ),
  {
    key: "total",
    head: "Total",
    number: true,
    value: totalOf,
    show: (bucket) => integer(totalOf(bucket)),
  },
  { key: "finished", head: "Finished", value: ({ unfinished }) => (unfinished ? "no" : "yes") },
];
