import type { Interval, Result } from "../api/types";
import { bucketTitle, clock, day } from "../format";
import type { Field } from "../state/sheet";

/** One step of a time axis. */
export interface Bucket {
  /** ISO, when it begins. */
  start: string;
  /** On the axis. */
  label: string;
  /** In full, for tables and tooltips. */
  title: string;
  unfinished: boolean;
}

/** The steps of a result with an interval, oldest first. */
export function bucketsOf(result: Result): Bucket[] {
  const interval: Interval = result.interval ?? "day";
  const zone = result.range.time_zone;
  const few = result.rows.length <= 10;
  return result.rows.map((row, index): Bucket => {
    const start = row.bucket ?? result.range.start;
    const title = bucketTitle(start, interval, zone);
    return {
      start,
      title,
      label: interval === "day" ? (few ? title : title.replace(/^\S+ /, "")) : hourLabel(start, zone, index),
      unfinished: result.range.unfinished && index === result.rows.length - 1,
    };
  });
}

/** A new day is named where it begins; the first step always says its time. */
function hourLabel(start: string, zone: string, index: number): string {
  const time = clock(start, zone);
  return time === "00:00" && index > 0 ? day(start, zone) : time;
}

/** What a step is called in full. */
export function titleOf({ title, unfinished }: Pick<Bucket, "title" | "unfinished">): string {
  return unfinished ? `${title}, not finished` : title;
}

/** The first column of a table of steps. */
export const startField: Field<Bucket> = {
  key: "start",
  head: "From",
  value: ({ start }) => start,
  show: titleOf,
};

/** Where a value stands between two gaps: a line has nothing to draw there, so it needs a dot. */
export function isolated(values: readonly (number | null)[]): Set<number> {
  const known = (index: number) => (values[index] ?? null) !== null;
  return new Set(values.flatMap((_, at) => (known(at) && !known(at - 1) && !known(at + 1) ? [at] : [])));
}
