import { describe, expect, it } from "vitest";
import type { SqlResult } from "../src/api/sql";
import { parametersIn, pictureOf, questionOf, readPairs } from "../src/state/sql";

describe("a query's parameters", () => {
  it("are the names after a colon, outside strings, comments and casts", () => {
    const sql = "SELECT ':no', x::text -- :no\n/* :no */ FROM t WHERE a = :days AND b > :days OR c = :name";
    expect(parametersIn(sql)).toEqual(["days", "name"]);
  });

  it("are sent as the type the gallery says, and by their look otherwise", () => {
    const sql = "SELECT :days, :client, :cut";
    const known = [
      { name: "days", label: "Days", type: "integer", default: 30 },
      { name: "client", label: "Client", type: "text", default: "" },
    ] as const;
    const question = questionOf(sql, readPairs(["client=007", "cut=90.5"]), [...known]);
    expect(question.parameters).toEqual({ days: 30, client: "007", cut: 90.5 });
  });
});

const result: SqlResult = {
  id: "1",
  columns: [
    { name: "date", type: "time" },
    { name: "n", type: "integer" },
  ],
  rows: [
    ["2026-11-02", 5],
    ["2026-11-01", null],
  ],
  row_count: 2,
  truncated: null,
  elapsed_ms: 1,
  limits: { seconds: 10, rows: 10_000 },
  notes: [],
};

describe("a result as a picture", () => {
  it("runs with time from left to right, however it is sorted, and keeps gaps", () => {
    expect(pictureOf(result, null)).toEqual({
      kind: "line",
      labels: ["2026-11-01", "2026-11-02"],
      series: [{ name: "n", values: [null, 5] }],
    });
  });

  it("is none when nothing is counted or nothing names it", () => {
    expect(
      pictureOf({ ...result, columns: [result.columns[1] as never], rows: [[1], [2]] }, "bar"),
    ).toBeNull();
  });
});
