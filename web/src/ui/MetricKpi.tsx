import type { ReactNode } from "react";
import { useMetrics } from "../api/queries";
import type { MetricName, Result, Totals, Unit } from "../api/types";
import { amount, millisecondsNumber, percentNumber, short, unknown } from "../format";
import { countChange, rateChange, timeChange, valueChange } from "../state/change";
import type { RangeChoice } from "../state/range";
import type { Comparison } from "../state/search";
import { againstWords } from "./compared";
import { Kpi } from "./Kpi";
import type { Loading } from "./states";

interface Props {
  metric: MetricName;
  label?: string;
  result: Result | undefined;
  range: RangeChoice;
  compare: Comparison;
  loading: Loading;
  note?: (totals: Totals) => ReactNode;
}

/** One metric of the dictionary as a card: value, course and change from one answer. */
export function MetricKpi({ metric, label, result, range, compare, loading, note }: Props) {
  const { data } = useMetrics();
  const entry = data?.metrics.find(({ name }) => name === metric);
  const unit = entry?.unit ?? "count";
  const now = numberIn(result?.totals, metric);
  const before = numberIn(result?.compare?.totals, metric);
  const n = result?.totals.total_predictions ?? 0;
  const nBefore = result?.compare?.totals.total_predictions ?? 0;
  const higherIs = entry?.higher_is ?? "neutral";
  const change = () => {
    if (unit === "count") return countChange(now, before, nBefore, higherIs);
    if (unit === "percent") return rateChange(now, before, n, nBefore, higherIs);
    if (unit === "ms") return timeChange(now, before, nBefore, higherIs);
    return valueChange(now, before, nBefore, unit, higherIs);
  };
  const written = write(now, unit);
  return (
    <Kpi
      label={label ?? entry?.label ?? metric}
      scope={range.words}
      loading={loading}
      number={
        result
          ? {
              metric,
              value: now,
              shown: written.shown,
              unit: written.unit,
              result,
              note: note?.(result.totals) ?? "",
              change: change(),
              against: compare === "none" ? null : againstWords(compare, range),
              compared: result,
              course: result.rows.map((row) => numberIn(row, metric)),
              courseFromZero:
                unit === "count" || unit === "per_hour" || unit === "per_minute" || unit === "USD",
            }
          : null
      }
    />
  );
}

/** Money comes as exact text; a card needs only its size. */
function numberIn(totals: Totals | undefined, metric: MetricName): number | null {
  const value = totals?.[metric];
  return value == null ? null : Number(value);
}

function write(value: number | null, unit: Unit): { shown: string; unit: string } {
  if (value === null) return { shown: unknown, unit: "" };
  switch (unit) {
    case "percent":
      return { shown: percentNumber(value), unit: "%" };
    case "ms":
      return { shown: millisecondsNumber(value), unit: "ms" };
    case "USD":
      return { shown: value < 1_000 ? value.toFixed(2) : short(value), unit: "USD" };
    case "per_hour":
      return { shown: amount(value), unit: "per h" };
    case "per_minute":
      return { shown: amount(value), unit: "per min" };
    case "count":
      return { shown: short(value), unit: "" };
  }
}
