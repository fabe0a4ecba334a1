import type { Problem } from "../api/client";
import type { SqlColumn, SqlParameter, SqlQuestion, SqlResult, SqlValue } from "../api/sql";

/** What became of the query that was sent last. */
export type Run =
  | { step: "idle" }
  | { step: "running"; since: number }
  | { step: "done"; result: SqlResult; question: SqlQuestion }
  | { step: "failed"; problem: Problem }
  | { step: "cancelled" };

/** The names after a colon in a query, each once, in order; not those inside strings, names or comments. */
export function parametersIn(sql: string): string[] {
  const bare = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, " ");
  return [...new Set([...bare.matchAll(/(?<![:\w]):([A-Za-z_]\w*)/g)].map(([, name = ""]) => name))];
}

/** The address's `name=value` pairs by name. */
export function readPairs(pairs: string[] | undefined): Map<string, string> {
  return new Map(
    (pairs ?? []).map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** What is sent: a known parameter as its type, an unknown one as a number when it is written as one. */
export function questionOf(sql: string, given: Map<string, string>, known: SqlParameter[]): SqlQuestion {
  const parameters: SqlQuestion["parameters"] = {};
  for (const name of parametersIn(sql)) {
    const declared = known.find((one) => one.name === name);
    const text = given.get(name) ?? String(declared?.default ?? "");
    const numeric = declared ? declared.type !== "text" : /^-?\d+(\.\d+)?$/.test(text);
    parameters[name] = numeric && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  }
  return { sql, parameters };
}

const numeric = (column: SqlColumn) => column.type === "integer" || column.type === "number";

export interface Picture {
  kind: "bar" | "line";
  labels: string[];
  series: { name: string; values: (number | null)[] }[];
}

const mostBars = 30;
const mostPoints = 2_000;

/** A result as a picture: the first column that is no number names the steps, every number is a series. */
export function pictureOf(result: SqlResult, wanted: "bar" | "line" | null): Picture | null {
  const named = result.columns.findIndex((column) => !numeric(column));
  const numbers = result.columns.flatMap((column, index) => (numeric(column) ? [index] : []));
  if (named < 0 || numbers.length === 0 || result.rows.length < 2) return null;
  const inTime = result.columns[named]?.type === "time";
  const kind = wanted ?? (inTime ? "line" : "bar");
  const cut = result.rows.slice(0, kind === "bar" ? mostBars : mostPoints);
  const label = (row: SqlValue[]) => String(row[named] ?? "–");
  const [first, last] = [cut[0], cut.at(-1)];
  // Time runs from left to right, however the query sorts it.
  const rows = inTime && first && last && label(first) > label(last) ? cut.toReversed() : cut;
  const numberIn = (value: SqlValue | undefined) => (typeof value === "number" ? value : null);
  return {
    kind,
    labels: rows.map(label),
    series: numbers.map((index) => ({
      name: result.columns[index]?.name ?? "",
      values: rows.map((row) => numberIn(row[index])),
    })),
  };
}
