import type { Interval, QueryRange } from "../api/types";
import { clock, day, dayAndClock } from "../format";

export interface RangeChoice {
  /** As it stands in the address: `today`, `24h`, `7d`, `2026-11-01T00:00Z..2026-11-08T00:00Z`. */
  code: string;
  query: QueryRange;
  interval: Interval;
  /** Ends a sentence: "today", "in the last 7 days". */
  words: string;
  /** Fits after "against": "the 7 days before". */
  before: string;
}

export const defaultRange = "7d";
export const rangePresets = [
  { code: "today", label: "Today", words: "Today so far" },
  { code: "24h", label: "24 h", words: "Last 24 hours" },
  { code: "7d", label: "7 d", words: "Last 7 days" },
  { code: "30d", label: "30 d", words: "Last 30 days" },
  { code: "90d", label: "90 d", words: "Last 90 days" },
];

const maxDays = 400;
const maxHours = 9600;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Unknown or impossible codes fall back to the default range. `zone` only names the instants of a custom range. */
export function readRange(code: string | undefined, zone = "UTC"): RangeChoice {
  if (code === "today") {
    return { code, query: { days: 1 }, interval: "hour", words: "today", before: "yesterday until now" };
  }
  const [, digits, unit] = /^([1-9]\d{0,3})([dh])$/.exec(code ?? "") ?? [];
  const count = Number(digits);
  if (unit === "h" && count <= maxHours) {
    return {
      code: `${count}h`,
      query: { hours: count },
      interval: intervalFor(count * hourMs),
      words: count === 1 ? "in the last hour" : `in the last ${count} hours`,
      before: count === 1 ? "the hour before" : `the ${count} hours before`,
    };
  }
  if (unit === "d" && count <= maxDays) {
    return {
      code: `${count}d`,
      query: { days: count },
      interval: count <= 2 ? "hour" : "day",
      words: `in the last ${count} days`,
      before: `the ${count} days before`,
    };
  }
  return readCustom(code ?? "", zone) ?? readRange(defaultRange);
}

const minute = String.raw`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z`;
const customForm = new RegExp(`^(${minute})\\.\\.(${minute})$`);

function readCustom(code: string, zone: string): RangeChoice | null {
  const [, from = "", to = ""] = customForm.exec(code) ?? [];
  const [start, end] = [Date.parse(from), Date.parse(to)];
  if (!(start < end) || end - start > maxDays * dayMs) return null;
  const length = end - start;
  return {
    code,
    query: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
    interval: intervalFor(length),
    words: `from ${customLabel(start, end, zone)}`,
    before: length % dayMs === 0 ? daysBefore(length / dayMs) : "the time of equal length before",
  };
}

function daysBefore(days: number): string {
  return days === 1 ? "the day before" : `the ${days} days before`;
}

function customLabel(start: number, end: number, zone: string): string {
  const wholeDays = clock(start, zone) === "00:00" && clock(end, zone) === "00:00";
  if (!wholeDays) return `${dayAndClock(start, zone)} to ${dayAndClock(end, zone)}`;
  const last = day(end - 1, zone);
  return day(start, zone) === last ? `${last}, the whole day` : `${day(start, zone)} to ${last}`;
}

function intervalFor(length: number): Interval {
  if (length <= 3 * hourMs) return "minute";
  return length <= 4 * dayMs ? "hour" : "day";
}

/** What the picker shows for any range, presets and custom ones. */
export function rangeLabel(range: RangeChoice): string {
  const preset = rangePresets.find(({ code }) => code === range.code);
  const words = preset?.words ?? range.words.replace(/^(from|in the) /, "");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The code of the range between two instants, cut to minutes. */
export function customRange(startMs: number, endMs: number): string {
  const text = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  return `${text(startMs)}..${text(endMs)}`;
}

/**
 * The instant at which a wall clock in `zone` shows `local` (`2026-11-01T10:00`), null for what is no time.
 * A time that a clock change leaves out or repeats becomes one of those beside it.
 */
export function instantOf(local: string, zone: string): number | null {
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) return null;
  let guess = wanted;
  for (let turn = 0; turn < 2; turn += 1) guess += wanted - Date.parse(`${localOf(guess, zone)}:00Z`);
  return guess;
}

/** What a wall clock in `zone` shows at an instant, to the minute: `2026-11-01T10:00`. */
export function localOf(instant: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(instant);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

/** The instants that a range covers now: whole days of `zone` and hours up to now, others as they were given. */
export function boundsOf(
  { query }: RangeChoice,
  zone: string,
  now: number,
): { startMs: number; endMs: number } {
  if ("start" in query) {
    return { startMs: Date.parse(query.start), endMs: Math.min(now, Date.parse(query.end)) };
  }
  if ("hours" in query) return { startMs: now - query.hours * hourMs, endMs: now };
  const days = "days" in query ? query.days : maxDays;
  const today = Date.parse(`${localOf(now, zone).slice(0, 10)}T00:00Z`);
  const first = new Date(today - (days - 1) * dayMs).toISOString().slice(0, 16);
  return { startMs: instantOf(first, zone) ?? now - days * dayMs, endMs: now };
}

/** How many whole days of `zone`, today included, hold the range. */
export function daysOf(range: RangeChoice, zone: string, now: number): number {
  if ("days" in range.query) return range.query.days;
  const dayOf = (ms: number) => Date.parse(`${localOf(ms, zone).slice(0, 10)}T00:00Z`);
  const days = (dayOf(now) - dayOf(boundsOf(range, zone, now).startMs)) / dayMs + 1;
  return Math.min(maxDays, Math.max(1, days));
}
