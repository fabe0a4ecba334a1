import { describe, expect, it } from "vitest";
import type { Prediction } from "../src/api/types";
import { changeFeed, emptyFeed, feedLimit } from "../src/state/feed";

function row(n: number): Prediction {
  return { id: `id-${n}`, received_at: `2026-11-22T10:00:${String(n).padStart(9, "0")}Z` } as Prediction;
}
const ids = (rows: Prediction[]) => rows.map(({ id }) => id);

describe("the live list", () => {
  const loaded = changeFeed(emptyFeed, { type: "load", predictions: [row(2), row(1)], hold: false });

  it("puts new rows on top, each once", () => {
    const after = changeFeed(loaded, { type: "arrive", predictions: [row(3), row(2)], hold: false });
    expect(ids(after.shown)).toEqual(["id-3", "id-2", "id-1"]);
    expect(changeFeed(after, { type: "arrive", predictions: [row(3)], hold: false })).toBe(after);
  });

  it("moves nothing while held, and shows all when released", () => {
    const held = changeFeed(loaded, { type: "arrive", predictions: [row(3), row(4)], hold: true });
    expect(ids(held.shown)).toEqual(["id-2", "id-1"]);
    expect(ids(held.held)).toEqual(["id-4", "id-3"]);
    const released = changeFeed(held, { type: "release" });
    expect(ids(released.shown)).toEqual(["id-4", "id-3", "id-2", "id-1"]);
    expect(released.held).toEqual([]);
  });

  it("holds a reloaded list too, unless rows are missing in between", () => {
    const reloaded = changeFeed(loaded, { type: "load", predictions: [row(3), row(2)], hold: true });
    expect(ids(reloaded.shown)).toEqual(["id-2", "id-1"]);
    const apart = changeFeed(loaded, { type: "load", predictions: [row(9), row(8)], hold: true });
    expect(ids(apart.shown)).toEqual(["id-9", "id-8"]);
  });

  it("never grows without end", () => {
    const many = Array.from({ length: 3 * feedLimit }, (_, n) => row(n));
    const full = changeFeed(emptyFeed, { type: "arrive", predictions: many, hold: false });
    expect(full.shown).toHaveLength(feedLimit);
    expect(full.shown[0]?.id).toBe(`id-${3 * feedLimit - 1}`);
  });
});
