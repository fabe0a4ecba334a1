import type { Metric, Unit } from "../api/types";
import { exact, integer, milliseconds, percent, signed } from "../format";

export interface Change {
  text: string;
  /** Grey unless the change is more than chance makes of such numbers. */
  tone: "good" | "bad" | "neutral";
  /** Both numbers, in words. */
  detail: string;
}

type HigherIs = Metric["higher_is"];

function toneOf(difference: number, clear: boolean, higherIs: HigherIs): Change["tone"] {
  if (!clear || difference === 0 || higherIs === "neutral") return "neutral";
  return difference > 0 === (higherIs === "better") ? "good" : "bad";
}

/**
 * Two counts of independent events; clear beyond 1.96 standard errors of their difference.
 * `nBefore`: the predictions of the range before; with none there is nothing to compare with.
 */
export function countChange(
  now: number | null | undefined,
  before: number | null | undefined,
  nBefore: number | null | undefined,
  higherIs: HigherIs,
): Change | null {
  if (now == null || before == null || !nBefore) return null;
  const difference = now - before;
  const clear = Math.abs(difference) > 1.96 * Math.sqrt(now + before);
  const text = before < 20 ? signed(difference, integer(Math.abs(difference))) : relative(difference, before);
  return {
    text,
    tone: toneOf(difference, clear, higherIs),
    detail: `${integer(now)} now, ${integer(before)} before${clear ? "" : "; within chance"}`,
  };
}

/** Two shares in percent, of `n` and `nBefore`; clear by the test of two proportions. */
export function rateChange(
  now: number | null | undefined,
  before: number | null | undefined,
  n: number,
  nBefore: number,
  higherIs: HigherIs,
): Change | null {
  if (now == null || before == null || n === 0 || nBefore === 0) return null;
  const difference = now - before;
  const pooled = (now * n + before * nBefore) / (n + nBefore) / 100;
  const error = 100 * Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / nBefore));
  const clear = Math.abs(difference) > 1.96 * error && Math.abs(difference) > 1e-9;
  return {
    text: `${signed(Math.abs(difference) < 0.05 ? 0 : difference, Math.abs(difference).toFixed(1))} points`,
    tone: toneOf(difference, clear, higherIs),
    detail: `${percent(now, 2)} now, ${percent(before, 2)} before${clear ? "" : "; within chance"}`,
  };
}

/** With fewer predictions before than this, rates and times of then say nothing. */
const enough = 20;

/** Shares up to ten times as much; beyond that, how many times. */
function relative(difference: number, before: number): string {
  const share = (Math.abs(difference) / before) * 100;
  if (difference > 0 && share >= 1_000) return `× ${integer(Math.round(difference / before + 1))}`;
  return signed(difference, percent(share, share < 10 ? 1 : 0));
}

/** Two mean times. Their spread isn't known here, so differences below 5 % count as noise. */
export function timeChange(
  now: number | null | undefined,
  before: number | null | undefined,
  nBefore: number,
  higherIs: HigherIs,
): Change | null {
  if (now == null || before == null || before === 0 || nBefore < enough) return null;
  const difference = now - before;
  const share = (Math.abs(difference) / before) * 100;
  return {
    text: relative(difference, before),
    tone: toneOf(difference, share >= 5, higherIs),
    detail: `${milliseconds(now)} now, ${milliseconds(before)} before${share >= 5 ? "" : "; below 5 %, shown grey"}`,
  };
}

/** Two amounts or rates whose spread isn't known here: differences below 5 % count as noise. */
export function valueChange(
  now: number | null | undefined,
  before: number | null | undefined,
  nBefore: number,
  unit: Unit,
  higherIs: HigherIs,
): Change | null {
  if (now == null || before == null || before === 0 || nBefore < enough) return null;
  const difference = now - before;
  const share = (Math.abs(difference) / before) * 100;
  return {
    text: relative(difference, before),
    tone: toneOf(difference, share >= 5, higherIs),
    detail: `${exact(now, unit)} now, ${exact(before, unit)} before${share >= 5 ? "" : "; below 5 %, shown grey"}`,
  };
}
