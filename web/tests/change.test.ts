import { describe, expect, it } from "vitest";
import { countChange, rateChange, timeChange, valueChange } from "../src/state/change";

describe("a change", () => {
  it("is grey when chance alone makes such differences", () => {
    expect(countChange(105, 100, 900, "worse")).toMatchObject({ text: "+5.0\u202f%", tone: "neutral" });
    expect(rateChange(98.2, 98.0, 500, 500, "better")).toMatchObject({ tone: "neutral" });
    expect(timeChange(102, 100, 500, "worse")).toMatchObject({ tone: "neutral" });
  });

  it("is good or bad by the metric's direction when it is clear", () => {
    expect(countChange(200, 100, 900, "worse")).toMatchObject({ text: "+100\u202f%", tone: "bad" });
    expect(countChange(200, 100, 900, "neutral")).toMatchObject({ tone: "neutral" });
    expect(rateChange(90, 98, 5_000, 5_000, "better")).toMatchObject({ text: "−8.0 points", tone: "bad" });
    expect(timeChange(80, 100, 500, "worse")).toMatchObject({ text: "−20\u202f%", tone: "good" });
  });

  it("of a few is a number, not a percentage", () => {
    expect(countChange(5, 3, 900, "worse")?.text).toBe("+2");
  });

  it("is none where there is nothing to compare with", () => {
    expect(countChange(4, 0, 0, "worse")).toBeNull();
    expect(rateChange(98, null, 10, 0, "better")).toBeNull();
    expect(timeChange(null, 100, 500, "worse")).toBeNull();
  });
});

describe("a change against nearly nothing", () => {
  it("is not claimed when a handful came before", () => {
    expect(timeChange(80, 40, 3, "worse")).toBeNull();
    expect(valueChange(45, 0.02, 3, "per_hour", "better")).toBeNull();
  });

  it("says how many times beyond ten", () => {
    expect(valueChange(450, 2, 50, "per_hour", "better")).toMatchObject({ text: "× 225", tone: "good" });
  });
});
