import { describe, expect, it } from "vitest";
import type { Prediction } from "../src/api/types";
import { customRange, instantOf, localOf, readRange } from "../src/state/range";
import {
  filtersOf,
  matches,
  parseSearch,
  type View,
  withFilter,
  withoutFilter,
  withoutFilters,
  writeSearch,
} from "../src/state/search";

describe("the address", () => {
  it("keeps every part of a view", () => {
    const view: View = {
      range: "30d",
      client: ["acme", "north & south"],
      country: ["DE"],
      outcome: ["fake"],
      error_pattern: ["smaller than <n> px"],
      id: "0190-1",
    };
    expect(parseSearch(writeSearch(view))).toEqual(view);
  });

  it("is empty for an empty view", () => {
    expect(writeSearch({})).toBe("");
    expect(parseSearch("")).toEqual({});
  });

  it("drops what it does not know, and says each value once", () => {
    expect(parseSearch("?client=a&client=a&client=&colour=red")).toEqual({ client: ["a"] });
  });

  it.each([
    ["today", "today"],
    ["24h", "24h"],
    ["400d", "400d"],
    ["401d", "7d"],
    ["0d", "7d"],
    ["7", "7d"],
    ["-3d", "7d"],
    [undefined, "7d"],
  ])("reads the range %s as %s", (code, read) => {
    expect(readRange(code).code).toBe(read);
  });

  it("asks for hours where days would be too few bars", () => {
    expect(readRange("today")).toMatchObject({ query: { days: 1 }, interval: "hour" });
    expect(readRange("24h")).toMatchObject({ query: { hours: 24 }, interval: "hour" });
    expect(readRange("90d")).toMatchObject({ query: { days: 90 }, interval: "day" });
  });
});

describe("filters", () => {
  it("are added once and removed without a trace", () => {
    const one = withFilter({ range: "7d" }, "client", "acme");
    expect(withFilter(one, "client", "acme")).toEqual(one);
    expect(withoutFilter(one, "client", "acme")).toEqual({ range: "7d" });
    expect(withoutFilters({ ...one, country: ["DE"], id: "x" })).toEqual({ range: "7d", id: "x" });
  });

  it("hold the names that the server knows", () => {
    expect(filtersOf({ range: "7d", id: "x", model: ["m"] })).toEqual({ model: ["m"] });
  });

  it("let through what matches every name with any of its values", () => {
    const prediction = {
      client: "acme",
      country: "unknown",
      model_version: "m1",
      outcome: "fake",
    } as Prediction;
    expect(matches(prediction, {})).toBe(true);
    expect(matches(prediction, { client: ["b", "acme"], model: ["m1"] })).toBe(true);
    expect(matches(prediction, { client: ["acme"], outcome: ["real"] })).toBe(false);
    expect(matches(prediction, { country: ["DE"] })).toBe(false);
  });
});

describe("a range of one's own", () => {
  const code = "2026-11-01T23:00Z..2026-11-03T23:00Z";

  it("is kept in the address as instants, and named in the tenant's zone", () => {
    expect(parseSearch(writeSearch({ range: code }))).toEqual({ range: code });
    expect(readRange(code, "Europe/Berlin")).toMatchObject({
      query: { start: "2026-11-01T23:00:00.000Z", end: "2026-11-03T23:00:00.000Z" },
      interval: "hour",
      words: "from 2 Nov to 3 Nov",
      before: "the 2 days before",
    });
  });

  it.each(["2026-11-03T23:00Z..2026-11-01T23:00Z", "2020-01-01T00:00Z..2026-01-01T00:00Z", "yesterday"])(
    "falls back to the default when it is none: %s",
    (wrong) => expect(readRange(wrong).code).toBe("7d"),
  );

  it("turns a wall clock into the instant and back, over a clock change too", () => {
    for (const local of ["2026-03-28T12:00", "2026-03-30T00:00", "2026-10-25T12:30", "2026-11-01T10:00"]) {
      const instant = instantOf(local, "Europe/Berlin");
      expect(localOf(instant ?? 0, "Europe/Berlin")).toBe(local);
    }
    expect(instantOf("2026-11-01T10:00", "Europe/Berlin")).toBe(Date.parse("2026-11-01T09:00Z"));
    expect(instantOf("", "UTC")).toBeNull();
  });

  it("asks for minutes, hours or days as the length needs", () => {
    const of = (hours: number) => readRange(customRange(0, hours * 3_600_000)).interval;
    expect([of(1), of(3), of(24), of(96), of(97)]).toEqual(["minute", "minute", "hour", "hour", "day"]);
  });
});

describe("what a page keeps in the address", () => {
  it("survives with its line breaks and signs", () => {
    const view: View = {
      compare: "weekdays",
      sort: "-revenue",
      columns: "client,id",
      sql: "SELECT 1 -- a & b\nWHERE x = '='",
      param: ["days=30", "name=a=b"],
    };
    expect(parseSearch(writeSearch(view))).toEqual(view);
  });
});
