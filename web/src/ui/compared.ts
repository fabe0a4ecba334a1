import type { RangeChoice } from "../state/range";
import type { Comparison } from "../state/search";

/** Fits after "against": what the comparison is with. */
export function againstWords(compare: Comparison, range: RangeChoice): string {
  return compare === "weekdays" ? "the same weekdays before" : range.before;
}
