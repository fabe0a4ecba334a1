import type { Prediction } from "../api/types";

/** The live list: what is shown, and what came while it was held still. Newest first, both. */
export interface Feed {
  shown: Prediction[];
  held: Prediction[];
}

export type FeedChange =
  | { type: "load"; predictions: Prediction[]; hold: boolean }
  | { type: "arrive"; predictions: Prediction[]; hold: boolean }
  | { type: "release" };

export const feedLimit = 100;
export const emptyFeed: Feed = { shown: [], held: [] };

/** Applies one change. Rows are known by id, so a replayed event never shows twice. */
export function changeFeed(feed: Feed, change: FeedChange): Feed {
  switch (change.type) {
    case "load": {
      const known = idsOf(feed);
      // Without a row in common something is missing in between; then only the new list is whole.
      const continues = change.predictions.some((row) => known.has(row.id));
      if (!continues) return { shown: newest(change.predictions), held: [] };
      return changeFeed(feed, { ...change, type: "arrive" });
    }
    case "arrive": {
      const known = idsOf(feed);
      const fresh = change.predictions.filter((row) => !known.has(row.id));
      if (fresh.length === 0) return feed;
      if (change.hold) return { ...feed, held: newest([...fresh, ...feed.held]) };
      return { shown: newest([...fresh, ...feed.held, ...feed.shown]), held: [] };
    }
    case "release":
      return feed.held.length === 0 ? feed : { shown: newest([...feed.held, ...feed.shown]), held: [] };
  }
}

function idsOf(feed: Feed): Set<string> {
  return new Set([...feed.shown, ...feed.held].map((row) => row.id));
}

function newest(rows: Prediction[]): Prediction[] {
  return [...rows].sort((a, b) => (a.received_at < b.received_at ? 1 : -1)).slice(0, feedLimit);
}
