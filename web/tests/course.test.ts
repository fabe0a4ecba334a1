import { describe, expect, it } from "vitest";
import type { SystemSample } from "../src/api/system";
import { courseOf, labelsOf } from "../src/state/course";
import { boundsOf, readRange } from "../src/state/range";

const startMs = Date.parse("2026-11-23T04:00:00Z");

function sample(second: number, interval = 10): SystemSample {
  const timestamp = new Date(startMs + second * 1_000).toISOString();
  return { timestamp, interval_seconds: interval } as SystemSample;
}

function course(samples: SystemSample[], minutes: number, step_seconds = 0) {
  return courseOf(
    { system: { now: null, step_seconds, samples }, startMs, endMs: startMs + minutes * 60_000 },
    "UTC",
  );
}

describe("a course", () => {
  it("begins with the first sample, not with hours that nobody watched", () => {
    const found = course([sample(1_800), sample(1_810)], 31);
    expect(found.buckets[0]?.start).toBe("2026-11-23T04:29:50.000Z");
  });

  it("keeps a hole where the server did not run", () => {
    const found = course([sample(10), sample(300)], 5.2);
    expect(found.samples.filter((one) => one === null).length).toBeGreaterThan(20);
  });

  it("has no hole where a sample came a little late", () => {
    const found = course([sample(10), sample(20), sample(31), sample(39.9), sample(51)], 0.9);
    expect(found.samples).not.toContain(null);
  });

  it("puts each step of the server at its place", () => {
    const found = course([sample(59, 60), sample(119, 60), sample(239, 60)], 4, 60);
    expect(found.samples.map((one) => one !== null).slice(-4)).toEqual([true, true, false, true]);
  });

  it("names round times only, and a day where it begins", () => {
    const day = 86_400_000;
    const labels = labelsOf(startMs, startMs + day, 60_000, "Europe/Berlin");
    expect([...labels.values()]).toContain("24 Nov");
    expect([...labels.values()]).toContain("06:00");
  });
});

describe("the instants of a range", () => {
  const now = Date.parse("2026-11-23T04:33:00Z");

  it("are whole days of the zone up to now", () => {
    const bounds = boundsOf(readRange("7d"), "America/New_York", now);
    expect(new Date(bounds.startMs).toISOString()).toBe("2026-11-16T05:00:00.000Z");
    expect(bounds.endMs).toBe(now);
  });

  it("never reach into the future", () => {
    const range = readRange("2026-11-23T00:00Z..2026-11-24T00:00Z");
    expect(boundsOf(range, "UTC", now).endMs).toBe(now);
  });
});
