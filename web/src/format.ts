/** How numbers, times and names are written. Everything here is pure; unknown values become an en dash. */

import type { Unit } from "./api/types";

export const unknown = "–";
/** A narrow space that doesn't break, between a number and its unit. */
const thin = "\u202f";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function integer(value: number | null | undefined): string {
  return value == null ? unknown : whole.format(value);
}

/** Cards show this: exact below 10,000, then 12.3 k, 1.2 M. */
export function short(value: number | null | undefined): string {
  if (value == null) return unknown;
  if (Math.abs(value) < 10_000) return whole.format(value);
  const [unit, size] =
    Math.abs(value) < 999_500 ? ["k", 1e3] : Math.abs(value) < 999_500_000 ? ["M", 1e6] : ["G", 1e9];
  const scaled = value / (size as number);
  return `${scaled.toFixed(Math.abs(scaled) < 99.95 ? 1 : 0)}${thin}${unit}`;
}

/** Never rounds to 100 or to 0 what is neither. */
export function percent(value: number | null | undefined, digits = 1): string {
  return value == null ? unknown : `${percentNumber(value, digits)}${thin}%`;
}

/** In percent; null where there is nothing to have a share of. */
export function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? (part / whole) * 100 : null;
}

export function failedWords(failed: number, total: number): string {
  return `${integer(failed)} of ${integer(total)} failed (${percent(shareOf(failed, total))})`;
}

export function percentNumber(value: number, digits = 1): string {
  const least = 10 ** -digits;
  if (value > 0 && value < least / 2) return `<${thin}${least.toFixed(digits)}`;
  if (value < 100 && value >= 100 - least / 2) return `>${thin}${(100 - least).toFixed(digits)}`;
  return value.toFixed(value === 100 || value === 0 ? 0 : digits);
}

export function millisecondsNumber(value: number): string {
  return value !== 0 && value < 10 ? value.toFixed(1) : whole.format(value);
}

export function milliseconds(value: number | null | undefined): string {
  return value == null ? unknown : `${millisecondsNumber(value)}${thin}ms`;
}

/** A rate or an amount short enough for a card: 0.42, 3.1, 47, 12.3 k. */
export function amount(value: number | null | undefined): string {
  if (value == null) return unknown;
  const size = Math.abs(value);
  if (size >= 99.95 || Number.isInteger(value)) return short(Math.round(value));
  return value.toFixed(size < 0.995 ? 2 : 1);
}

/** As exact as it is known, for tooltips and tables. */
export function exact(value: number | null | undefined, unit: Unit): string {
  if (value == null) return unknown;
  switch (unit) {
    case "percent":
      return `${trim(value, 3)}${thin}%`;
    case "ms":
      return `${trim(value, 3)}${thin}ms`;
    case "USD":
      return `${trim(value, 6)}${thin}USD`;
    case "per_hour":
      return `${trim(value, 2)} per hour`;
    case "per_minute":
      return `${trim(value, 2)} per minute`;
    case "count":
      return trim(value, 3);
  }
}

function trim(value: number, digits: number): string {
  return new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value);
}

export function bytes(value: number | null | undefined): string {
  if (value == null) return unknown;
  if (value < 1000) return `${value}${thin}B`;
  if (value < 999_500) return `${(value / 1e3).toFixed(value < 99_950 ? 1 : 0)}${thin}kB`;
  if (value < 999_950_000) return `${(value / 1e6).toFixed(1)}${thin}MB`;
  return value < 999_950_000_000
    ? `${(value / 1e9).toFixed(1)}${thin}GB`
    : `${(value / 1e12).toFixed(1)}${thin}TB`;
}

/** An exact decimal as it came, without zeros that say nothing: "0.050000" is 0.05 USD. */
export function money(amount: string): string {
  return `${amount.replace(/(\.\d\d\d*?)0+$/, "$1")}${thin}USD`;
}

export function signed(value: number, text: string): string {
  return value > 0 ? `+${text}` : value < 0 ? `−${text}` : `±${text}`;
}

/** Long ids lose their middle, never their ends. */
export function middle(text: string, head = 8, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** A span of time as people say it: "0.4 s", "12 s", "3 min", "2 h". */
export function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}${thin}s`;
  if (seconds < 90) return `${Math.round(seconds)}${thin}s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}${thin}min`;
  return `${Math.round(seconds / 3600)}${thin}h`;
}

const durations = [
  { unit: "d", seconds: 86_400 },
  { unit: "h", seconds: 3_600 },
  { unit: "min", seconds: 60 },
  { unit: "s", seconds: 1 },
];

/** A set time in whole seconds, exact, as it is typed too: "5 min", "1 h 30 min", "0 s". */
export function duration(seconds: number | null | undefined): string {
  if (seconds == null) return unknown;
  let left = Math.round(seconds);
  const parts = durations.flatMap(({ unit, seconds: size }) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return parts.join(" ") || "0 s";
}

/** What `duration` writes, and a bare number of seconds; null for anything else. */
export function secondsOf(text: string): number | null {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  if (!/^(\d+\s*(d|h|min|s)\s*)+$/.test(trimmed)) return null;
  const parts = [...trimmed.matchAll(/(\d+)\s*(d|h|min|s)/g)];
  return parts.reduce(
    (sum, [, count, unit]) =>
      sum + Number(count) * (durations.find((one) => one.unit === unit)?.seconds ?? 0),
    0,
  );
}

/** A measured time short enough for a table: two units at most, "3 min 20 s", "2 d 4 h". */
export function took(seconds: number | null | undefined): string {
  if (seconds == null) return unknown;
  return duration(seconds).split(" ").slice(0, 4).join(" ");
}

/** A value with its unit, whichever the metric names. */
export function quantity(value: number | null | undefined, unit: string | null | undefined): string {
  if (value == null) return unknown;
  switch (unit) {
    case "percent":
    case "ms":
    case "USD":
    case "per_hour":
    case "per_minute":
    case "count":
      return exact(value, unit);
    case null:
    case undefined:
    case "":
      return trim(value, 3);
    case "seconds":
      return `${trim(value, 1)}${thin}s`;
    default:
      return `${trim(value, 2)} ${unit.replaceAll("_", " ")}`;
  }
}

/** A measured value to three digits, unless that would make it its limit, which it isn't. */
export function rounded(value: number | null, limit: number | null): number | null {
  if (value === null) return null;
  const near = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return near === limit ? value : near;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function inZone(time: string | number, zone: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${zone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
    formats.set(key, format);
  }
  return format.format(new Date(time));
}

/** A fraction of the day or of the year that a picture can name without a word too many. */
export function bucketTitle(start: string | number, interval: string, zone: string): string {
  return interval === "day" ? weekday(start, zone) : dayAndClock(start, zone);
}

export function clock(time: string | number, zone: string): string {
  return inZone(time, zone, { hour: "2-digit", minute: "2-digit" });
}

export function clockSeconds(time: string | number, zone: string): string {
  return inZone(time, zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** The time alone for today, with its date before that. */
export function recentTime(time: string, now: number, zone: string): string {
  return day(time, zone) === day(now, zone) ? clockSeconds(time, zone) : dayAndClock(time, zone);
}

export function day(time: string | number, zone: string): string {
  return inZone(time, zone, { day: "numeric", month: "short" });
}

export function weekday(time: string | number, zone: string): string {
  return inZone(time, zone, { weekday: "short", day: "numeric", month: "short" });
}

export function dayAndClock(time: string | number, zone: string): string {
  return `${day(time, zone)}, ${clock(time, zone)}`;
}

export function fullTime(time: string | number, zone: string): string {
  const date = inZone(time, zone, { day: "numeric", month: "short", year: "numeric" });
  return `${date}, ${clockSeconds(time, zone)} ${zone}`;
}

/** "16 Nov 00:00 to 23 Nov 00:00 (UTC), not finished" */
export function rangeWords(range: {
  start: string;
  end: string;
  time_zone: string;
  unfinished: boolean;
}): string {
  const { start, end, time_zone: zone } = range;
  const until = `${dayAndClock(start, zone)} to ${dayAndClock(end, zone)} (${zone})`;
  return range.unfinished ? `${until}, not finished` : until;
}

const regions = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });

/** The country's English name for its ISO code; anything else as it stands. */
export function countryName(code: string | null | undefined): string {
  if (code == null) return "Unknown";
  if (!/^[A-Z]{2}$/.test(code)) return code.toLowerCase() === "unknown" ? "Unknown" : code;
  return code === "ZZ" ? "Unknown" : (regions.of(code) ?? code);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${integer(count)} ${count === 1 ? one : many}`;
}
