import world from "virtual:world";
import { describe, expect, it } from "vitest";
import type { Explanation, Result } from "../src/api/types";
import { isolated } from "../src/charts/buckets";
import { incidentMarks, modelMarks } from "../src/charts/marks";
import { scaleOf, stepIn } from "../src/charts/steps";
import { heatWords, pixelsOf } from "../src/state/heat";
import { slope } from "../src/state/slope";
import { weekOf } from "../src/state/week";

describe("the world map", () => {
  it("has every country once, the small ones with a dot", () => {
    const codes = world.countries.flatMap(({ code }) => (code ? [code] : []));
    for (const code of ["DE", "US", "SG", "MT", "HK", "NZ", "FJ"]) expect(codes).toContain(code);
    expect(world.countries.find(({ code }) => code === "SG")?.dot).toBeDefined();
    expect(codes.length).toBeGreaterThan(200);
  });

  it("draws no line across the whole map where the date changes", () => {
    const russia = world.countries.find(({ code }) => code === "RU")?.path ?? "";
    for (const part of russia.split("M").filter(Boolean)) {
      const xs = [...part.matchAll(/(-?[\d.]+),-?[\d.]+/g)].map(([, x]) => Number(x));
      const jumps = xs.slice(1).map((x, at) => Math.abs(x - (xs[at] ?? x)));
      expect(Math.max(0, ...jumps)).toBeLessThan(world.width / 2);
    }
  });
});

describe("a colour scale", () => {
  it("goes from the fewest to the most in five steps of equal ratio", () => {
    const scale = scaleOf([0, 1, 100_000]);
    expect([0, 1, 9, 10, 100, 1_000, 10_000, 100_000].map((count) => stepIn(count, scale))).toEqual([
      0, 1, 1, 2, 3, 4, 5, 5,
    ]);
  });

  it("stands equal counts in one step, and survives nothing at all", () => {
    expect(stepIn(7, scaleOf([7, 7]))).toBe(5);
    expect(stepIn(0, scaleOf([]))).toBe(0);
  });
});

it("puts hours of the week where they belong and zero where none came", () => {
  const counts = weekOf([
    { weekday_hour: "1-00", total_predictions: 3 },
    { weekday_hour: "7-23", total_predictions: 4 },
  ]);
  expect([counts[0]?.[0], counts[6]?.[23], counts.flat().reduce((sum, count) => sum + count, 0)]).toEqual([
    3, 4, 7,
  ]);
});

it("fits a straight line, and none through points above each other", () => {
  expect(
    slope([
      [0, 1],
      [10, 21],
      [5, 11],
    ]),
  ).toBeCloseTo(2);
  expect(
    slope([
      [3, 1],
      [3, 9],
    ]),
  ).toBeNull();
});

it("marks a model version where it first appears, but not at the start of the range", () => {
  const range = {
    start: "2026-11-01T00:00:00Z",
    end: "2026-11-04T00:00:00Z",
    time_zone: "UTC",
    unfinished: false,
  };
  const days = ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"];
  const answer = (rows: Result["rows"]): Result => ({
    range,
    interval: "day",
    source: "rollups",
    totals: {},
    rows,
    other: null,
    compare: null,
  });
  const course = answer(days.map((bucket) => ({ bucket })));
  const row = (at: number, model: string, total: number) => ({
    bucket: days[at] ?? "",
    model,
    total_predictions: total,
  });
  const changes = answer([row(0, "m1", 5), row(0, "m2", 0), row(1, "m2", 0), row(2, "m2", 4)]);
  expect(modelMarks(changes, course)).toMatchObject([{ kind: "model", index: 2, short: "m2" }]);
  const busy = answer([...changes.rows, row(2, "m3", 1), row(2, "unknown", 1)]);
  expect(modelMarks(busy, course)).toEqual([
    { kind: "model", index: 2, label: "First prediction of m2, m3", short: "2 versions" },
  ]);
});

describe("a heat map over the image", () => {
  const explanation: Explanation = {
    method: "occlusion",
    columns: 3,
    rows: 2,
    unit: "percentage points of fake probability",
    values: [
      [10, 0, 0],
      [0, 0, -5],
    ],
    area: { left: 0, top: 0, width: 1, height: 1 },
  };

  it("is as opaque as the cell is strong, coloured by what it speaks for", () => {
    const pixels = pixelsOf(explanation, [1, 2, 3, 255], [4, 5, 6, 255]);
    expect(pixels[0]?.[0]).toEqual([1, 2, 3, 190]);
    expect(pixels[1]?.[2]).toEqual([4, 5, 6, 95]);
    expect(pixels[0]?.[1]?.[3]).toBe(0);
  });

  it("says in words where", () => {
    expect(heatWords(explanation)).toBe(
      "Strongest sign of fake: top left (10.0 points); strongest sign of real: bottom right (5.0 points).",
    );
    expect(heatWords({ ...explanation, values: [[0, 0, 0]], rows: 1 })).toBe(
      "No part of the image changes the verdict.",
    );
  });
});

it("marks the steps in which incidents were opened, those of one step together", () => {
  const starts = ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"];
  const opened = (number: number, opened_at: string) => ({ number, title: `t${number}`, opened_at });
  const marks = incidentMarks(
    [
      opened(1, "2026-10-31T23:59:59Z"),
      opened(2, "2026-11-02T01:00:00Z"),
      opened(3, "2026-11-02T23:00:00Z"),
      opened(4, "2026-11-03T00:00:00Z"),
    ],
    starts,
    "2026-11-03T00:00:00Z",
  );
  expect(marks).toEqual([
    { kind: "incident", index: 1, label: "Incident 2: t2; Incident 3: t3", short: "2 incidents" },
  ]);
});

describe("a line", () => {
  it("has a dot where a value stands between two gaps", () => {
    expect(isolated([1, null, 2, 3, null, null, 4])).toEqual(new Set([0, 6]));
    expect(isolated([null, 0, null])).toEqual(new Set([1]));
    expect(isolated([1, 2])).toEqual(new Set());
    expect(isolated([])).toEqual(new Set());
  });
});
