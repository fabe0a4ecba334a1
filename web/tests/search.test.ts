import { describe, expect, it } from "vitest";
import type { Prediction } from "../src/api/types";
import { readRange } from "../src/state/range";
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
