import type { Interval, Outcome, Result, Row } from "../api/types";
import type { Cell } from "../csv";
import { clock, dayAndClock, integer, weekday } from "../format";
import { outcomes } from "../theme";

export type Bucket = Record<Outcome, number> & {
  /** ISO, when the bucket begins. */
  start: string;
  label: string;
  title: string;
  unfinished: boolean;
};

export interface Activity {
  interval: Interval;
  buckets: Bucket[];
  /** Totals of the range before, bucket by bucket; null without a comparison. */
  before: (number | null)[] | null;
}

/** A result with an interval as the picture of activity: one bucket a row, oldest first. */
export function activityOf(result: Result): Activity {
  const interval = result.interval ?? "day";
  const zone = result.range.time_zone;
  const short = result.rows.length <= 10;
  const buckets = result.rows.map((row, index): Bucket => {
    const start = row.bucket ?? result.range.start;
    const title = interval === "day" ? weekday(start, zone) : dayAndClock(start, zone);
    return {
      start,
      title,
      label: interval === "day" ? (short ? title : title.replace(/^\S+ /, "")) : clock(start, zone),
      unfinished: result.range.unfinished && index === result.rows.length - 1,
      real: row.real_predictions ?? 0,
      fake: row.fake_predictions ?? 0,
      uncertain: row.uncertain_predictions ?? 0,
      failed: row.failed_predictions ?? 0,
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

export function activityCsv({ buckets }: Activity): { head: string[]; rows: Cell[][] } {
  return {
    head: ["start", "real", "fake", "uncertain", "failed", "total", "finished"],
    rows: buckets.map((bucket) => [
      bucket.start,
      ...outcomes.map(({ name }) => bucket[name]),
      totalOf(bucket),
      bucket.unfinished ? "no" : "yes",
    ]),
  };
}
