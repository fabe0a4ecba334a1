import type { Row } from "../api/types";

/** Seven days from Monday with 24 hours each, out of rows by `weekday_hour` ("1-00" to "7-23"); zero where none came. */
export function weekOf(rows: Row[]): number[][] {
  const counts = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  for (const row of rows) {
    const [day, hour] = (row.weekday_hour ?? "").split("-").map(Number);
    const hours = counts[(day ?? 0) - 1];
    if (hours && hour !== undefined && hour in hours) hours[hour] = row.total_predictions ?? 0;
  }
  return counts;
}
