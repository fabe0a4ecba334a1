import { useMetrics } from "../api/queries";
import type { MetricName, Result } from "../api/types";
import { rangeWords } from "../format";
import type { Said } from "./Told";

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

/** What a card's numbers mean, from the metric dictionary; `more` for those that are computed on the page. */
export function useAbout(
  names: readonly MetricName[],
  result: Result | undefined,
  more: { title: string; definition: string; unit: string }[] = [],
): Said[] {
  const { data } = useMetrics();
  if (!result || !data) return [];
  const where: [string, string][] = [
    ["Range", rangeWords(result.range)],
    ["Source", sourceWords(result)],
  ];
  const entries = names.flatMap((name) => data.metrics.find((metric) => metric.name === name) ?? []);
  return [
    ...entries.map(({ label, definition, unit }) => ({
      title: label,
      definition,
      unit: unitWords[unit] ?? unit,
    })),
    ...more,
  ].map(
    ({ title, definition, unit }, at, all): Said => ({
      title,
      definition,
      // Range and source are those of all of them: said once, at the end.
      facts: [["Unit", unit], ...(at === all.length - 1 ? where : [])],
    }),
  );
}

export const shareOf = (what: string) => ({
  title: "Share",
  definition: `Of all predictions in the range, by ${what}.`,
  unit: "percent",
});
