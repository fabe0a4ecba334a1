import { describe, expect, it } from "vitest";
import type { Metric } from "../src/api/types";
import { meaningOf, saidOf } from "../src/ui/about";
import { columnsOf } from "../src/ui/Table";

const metrics: Metric[] = [
  {
    name: "fake_share",
    label: "Fake share",
    unit: "percent",
    definition: "Fakes of all predictions.",
    higher_is: "neutral",
    filters: [],
  },
];

describe("what a column's head tells", () => {
  it("is the dictionary's word for a metric, with unit, range and source", () => {
    const meaning = meaningOf(metrics, "fake_share");
    expect(meaning && saidOf(meaning, { range: "1 to 7 November", source: "rollups" })).toEqual({
      title: "Fake share",
      definition: "Fakes of all predictions.",
      facts: [
        ["Unit", "percent"],
        ["Range", "1 to 7 November"],
        ["Source", "rollups"],
      ],
    });
  });

  it("is nothing for a metric the dictionary does not know", () => {
    expect(meaningOf(metrics, "guessed")).toBeUndefined();
  });

  it("goes from the numbers behind a picture into their table", () => {
    const said = { title: "Share", facts: [] };
    const [share] = columnsOf([
      { key: "share_percent", head: "Share", said, number: true, value: (row: number | null) => row },
    ]);
    expect(share).toMatchObject({ key: "share_percent", head: "Share", said, number: true });
    expect(share?.cell(12)).toBe(12);
    expect(share?.cell(null)).toBe("–");
  });
});
