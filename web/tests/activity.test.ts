import { expect, it } from "vitest";
import type { Result } from "../src/api/types";
import { activityOf, summaryOf } from "../src/charts/activity";

const result: Result = {
  range: { start: "2026-11-21T00:00:00Z", end: "2026-11-23T00:00:00Z", time_zone: "UTC", unfinished: true },
  interval: "day",
  source: "rollups",
  totals: {},
  rows: [
    { bucket: "2026-11-21T00:00:00Z", total_predictions: 9, real_predictions: 5, fake_predictions: 4 },
    { bucket: "2026-11-22T00:00:00Z", total_predictions: 2, real_predictions: 1, failed_predictions: 1 },
  ],
  other: null,
  compare: null,
};

it("marks only the last bucket of an unfinished range", () => {
  expect(activityOf(result).buckets.map(({ unfinished }) => unfinished)).toEqual([false, true]);
});

it("compares bucket by bucket, and with nothing when the range before is empty", () => {
  const before = { range: result.range, totals: {}, rows: [{ total_predictions: 7 }] };
  expect(activityOf({ ...result, compare: before }).before).toEqual([7, null]);
  const empty = { ...before, rows: [{ total_predictions: 0 }] };
  expect(activityOf({ ...result, compare: empty }).before).toBeNull();
});

it("says itself in a sentence", () => {
  expect(summaryOf(activityOf(result))).toBe("11 predictions in 2 days, most on Sat 21 Nov: 9.");
});
