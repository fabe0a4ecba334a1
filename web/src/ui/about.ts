import { useMetrics } from "../api/queries";
import type { Metric, MetricName, Result, ResultRange } from "../api/types";
import { rangeWords } from "../format";
import type { Said } from "../state/said";

export const unitWords = {
  count: "a count",
  percent: "percent",
  ms: "milliseconds",
  USD: "US dollars",
  per_hour: "per hour",
  per_minute: "per minute",
};

/** Where an answer's counts were read, in words. */
export function sourceWords({ source }: Result): string {
  if (source === "rollups") return "kept totals (rollups)";
  return source === "columns" ? "filtered copy of the rows (columns)" : source;
}

/** What a number is, wherever it was taken from. */
export interface Meaning {
  title: string;
  definition: string;
  unit: string;
}

/** Which numbers were taken, and from where. */
export interface Origin {
  range: string;
  source: string;
}

export const originOf = (result: Result): Origin => ({
  range: rangeWords(result.range),
  source: sourceWords(result),
});

export const originOfRange = (range: ResultRange, source: string): Origin => ({
  range: rangeWords(range),
  source,
});

/** A metric in the words of the dictionary; none that the dictionary does not know. */
export function meaningOf(metrics: readonly Metric[], name: string): Meaning | undefined {
  const entry = metrics.find((metric) => metric.name === name);
  return (
    entry && { title: entry.label, definition: entry.definition, unit: unitWords[entry.unit] ?? entry.unit }
  );
}

export const saidOf = ({ title, definition, unit }: Meaning, { range, source }: Origin): Said => ({
  title,
  definition,
  facts: [
    ["Unit", unit],
    ["Range", range],
    ["Source", source],
  ],
});

/** Says what a column's numbers are: by its name in the metric dictionary, or in words for what the page computes. */
export function useSaid(origin: Origin | undefined): (what: MetricName | Meaning) => Said | undefined {
  const { data } = useMetrics();
  return (what) => {
    const meaning = typeof what === "string" ? meaningOf(data?.metrics ?? [], what) : what;
    return meaning && origin && saidOf(meaning, origin);
  };
}

/** What a card's numbers mean, from the metric dictionary; `more` for those that are computed on the page. */
export function useAbout(
  names: readonly MetricName[],
  result: Result | undefined,
  more: Meaning[] = [],
): Said[] {
  const { data } = useMetrics();
  if (!result || !data) return [];
  const origin = originOf(result);
  const meanings = [...names.flatMap((name) => meaningOf(data.metrics, name) ?? []), ...more];
  return meanings.map((meaning, at, all) => {
    const said = saidOf(meaning, origin);
    // Range and source are those of all of them: said once, at the end.
    return at === all.length - 1 ? said : { ...said, facts: said.facts.slice(0, 1) };
  });
}

export const shareOf = (what: string): Meaning => ({
  title: "Share",
  definition: `Of all predictions in the range, by ${what}.`,
  unit: "percent",
});

export const shareOfFailures: Meaning = {
  title: "Share",
  definition: "Of all failed predictions in the range.",
  unit: "percent",
};
