import type { SystemCourse, SystemSample } from "../api/system";
import type { Bucket } from "../charts/buckets";
import { clock, clockSeconds, day, dayAndClock } from "../format";
import { instantOf, localOf } from "./range";

/** What a sample's server leaves unsaid when it gives samples as they were taken. */
const rawStepMs = 10_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Samples on an even axis of time: one place a step, null where nothing was sampled. */
export interface Course {
  buckets: Bucket[];
  samples: (SystemSample | null)[];
  /** ISO, when each step begins. */
  starts: string[];
  /** ISO, when the last step ends. */
  end: string;
  /** When the asked range begins; the first step may be later. */
  askedMs: number;
}

/**
 * The axis begins with the first sample when the range begins before it: what was never watched takes no room.
 * A sample fills the steps that it covers, so that one that came late leaves no hole.
 */
export function courseOf({ system, startMs, endMs }: SystemCourse, zone: string): Course {
  const stepMs = system.step_seconds > 0 ? system.step_seconds * 1_000 : rawStepMs;
  const firstMs = system.samples[0] ? Date.parse(system.samples[0].timestamp) - stepMs : startMs;
  const origin = Math.floor(Math.max(startMs, firstMs) / stepMs) * stepMs;
  const count = Math.max(1, Math.ceil((endMs - origin) / stepMs));
  // Samples as they were taken come a little early or late; put together they stand in their step.
  const spare = system.step_seconds > 0 ? 0 : 1;
  const samples: (SystemSample | null)[] = Array.from({ length: count }, () => null);
  for (const sample of system.samples) {
    const at = Math.floor((Date.parse(sample.timestamp) - origin) / stepMs);
    const covered = Math.max(1, Math.floor((sample.interval_seconds * 1_000) / stepMs + spare));
    for (let place = Math.min(at, count - 1); place > at - covered && place >= 0; place -= 1) {
      if (place < at && samples[place]) break;
      samples[place] = sample;
    }
  }
  // The newest sample may still be on its way.
  while (samples.length > 2 && samples.at(-1) === null && samples.length > count - 2) samples.pop();
  const end = origin + samples.length * stepMs;
  const labels = labelsOf(origin, end, stepMs, zone);
  const title = stepMs < minuteMs ? clockSeconds : dayAndClock;
  const starts = samples.map((_, index) => new Date(origin + index * stepMs).toISOString());
  return {
    samples,
    starts,
    askedMs: startMs,
    end: new Date(end).toISOString(),
    buckets: samples.map((_, index) => {
      const start = origin + index * stepMs;
      return {
        start: starts[index] ?? "",
        label: labels.get(index) ?? "",
        title: title(start, zone),
        unfinished: false,
      };
    }),
  };
}

const ticks = [
  minuteMs,
  5 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  hourMs,
  3 * hourMs,
  6 * hourMs,
  12 * hourMs,
  dayMs,
  2 * dayMs,
  7 * dayMs,
  14 * dayMs,
  28 * dayMs,
];
const mostTicks = 9;

/** Round times of the zone and the steps they fall into; a new day is named where it begins. */
export function labelsOf(startMs: number, endMs: number, stepMs: number, zone: string): Map<number, string> {
  const tick = ticks.find((each) => each >= stepMs && (endMs - startMs) / each <= mostTicks) ?? 56 * dayMs;
  const midnight = instantOf(`${localOf(startMs, zone).slice(0, 10)}T00:00`, zone) ?? startMs;
  const labels = new Map<number, string>();
  for (let at = midnight; at < endMs; at += tick) {
    if (at < startMs) continue;
    const time = clock(at, zone);
    labels.set(Math.floor((at - startMs) / stepMs), tick >= dayMs || time === "00:00" ? day(at, zone) : time);
  }
  return labels;
}
