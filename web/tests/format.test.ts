import { describe, expect, it } from "vitest";
import {
  bytes,
  countryName,
  dayAndClock,
  exact,
  failedWords,
  fullTime,
  integer,
  middle,
  milliseconds,
  money,
  percent,
  rangeWords,
  recentTime,
  rounded,
  shareOf,
  short,
  span,
} from "../src/format";

const thin = "\u202f";

describe("numbers", () => {
  it("of a measurement are short beside their limit, and never rounded onto it", () => {
    expect([27.721, 60.798, 0.05123, 1234.56, 0].map((value) => rounded(value, 80))).toEqual([
      27.7, 60.8, 0.0512, 1235, 0,
    ]);
    expect(rounded(80.04, 80)).toBe(80.04);
    expect(rounded(80, 80)).toBe(80);
    expect(rounded(null, 80)).toBeNull();
  });

  it("are exact while short, then shortened", () => {
    expect([0, 1247, 9999].map(short)).toEqual(["0", "1,247", "9,999"]);
    expect(short(12_345)).toBe(`12.3${thin}k`);
    expect(short(999_499)).toBe(`999${thin}k`);
    expect(short(1_200_000)).toBe(`1.2${thin}M`);
  });

  it("never round a share to 0 or 100 that is neither", () => {
    expect(percent(100)).toBe(`100${thin}%`);
    expect(percent(99.97)).toBe(`>${thin}99.9${thin}%`);
    expect(percent(0)).toBe(`0${thin}%`);
    expect(percent(0.01)).toBe(`<${thin}0.1${thin}%`);
    expect(percent(98.24)).toBe(`98.2${thin}%`);
  });

  it("says a share of nothing as unknown", () => {
    expect([shareOf(1, 4), shareOf(0, 0)]).toEqual([25, null]);
    expect(failedWords(3, 1247)).toBe(`3 of 1,247 failed (0.2${thin}%)`);
  });

  it("are a dash when unknown", () => {
    expect([integer(null), short(undefined), percent(null), milliseconds(null), bytes(null)]).toEqual(
      Array(5).fill("–"),
    );
  });

  it("say all they know in tooltips", () => {
    expect(exact(1_234_567, "count")).toBe("1,234,567");
    expect(exact(98.2357, "percent")).toBe(`98.236${thin}%`);
    expect(exact(62.35, "USD")).toBe(`62.35${thin}USD`);
  });

  it("of money stay exact", () => {
    expect(["0.050000", "62.350000", "0.012345", "7"].map(money)).toEqual(
      ["0.05", "62.35", "0.012345", "7"].map((amount) => `${amount}${thin}USD`),
    );
  });

  it("have sizes and spans in the unit that fits", () => {
    expect(bytes(812)).toBe(`812${thin}B`);
    expect(bytes(48_213)).toBe(`48.2${thin}kB`);
    expect(bytes(3_400_000)).toBe(`3.4${thin}MB`);
    expect([400, 12_000, 180_000, 7_200_000].map(span)).toEqual([
      `0.4${thin}s`,
      `12${thin}s`,
      `3${thin}min`,
      `2${thin}h`,
    ]);
  });
});

describe("times", () => {
  const time = "2026-11-22T23:30:05.123456Z";

  it("are shown in the tenant's zone, which is named where a date is", () => {
    expect(dayAndClock(time, "UTC")).toBe("22 Nov, 23:30");
    expect(dayAndClock(time, "Europe/Berlin")).toBe("23 Nov, 00:30");
    expect(fullTime(time, "UTC")).toBe("22 Nov 2026, 23:30:05 UTC");
  });

  it("lose their date only on the same day of that zone", () => {
    const soon = Date.parse("2026-11-23T00:10:00Z");
    expect(recentTime(time, soon, "Europe/Berlin")).toBe("00:30:05");
    expect(recentTime(time, soon, "UTC")).toBe("22 Nov, 23:30");
  });

  it("make a range that says when it isn't over", () => {
    const range = { start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z", time_zone: "UTC" };
    expect(rangeWords({ ...range, unfinished: true })).toBe(
      "16 Nov, 00:00 to 23 Nov, 00:00 (UTC), not finished",
    );
  });
});

describe("names", () => {
  it("of countries are English, and what isn't a country stays as it is", () => {
    expect(["DE", "EU", "ZZ", null, "(other)"].map(countryName)).toEqual([
      "Germany",
      "European Union",
      "Unknown",
      "Unknown",
      "(other)",
    ]);
  });

  it("lose their middle when long", () => {
    expect(middle("0190f3a2-7c11-7d9e-8a2c-aa01bb02cc03")).toBe("0190f3a2…cc03");
    expect(middle("short")).toBe("short");
  });
});
