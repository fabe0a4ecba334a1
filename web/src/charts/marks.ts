import type { Result } from "../api/types";
import { bucketsOf } from "./buckets";
import type { Mark } from "./LineChart";

/** Where in the range a model version was first seen, when it was not there from the start. */
export function modelMarks(changes: Result, course: Result): Mark[] {
  const buckets = bucketsOf(course);
  const firsts = new Map<string, number>();
  for (const row of changes.rows) {
    const index = buckets.findIndex(({ start }) => start === row.bucket);
    const model = row.model;
    if (!model || index < 0 || !row.total_predictions) continue;
    firsts.set(model, Math.min(index, firsts.get(model) ?? index));
  }
  return [...firsts].filter(([, index]) => index > 0).map(([label, index]) => ({ index, label }));
}
