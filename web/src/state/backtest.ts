import type { Backtest } from "../api/rules";

/** A back-test's series as steps, and each episode as the first and last step it covers. */
export function stepsOf({ series, episodes }: Backtest): {
  starts: string[];
  values: (number | null)[];
  episodes: [number, number][];
} {
  const times = series.map(([at]) => Date.parse(at));
  const last = times.length - 1;
  const spans = episodes.flatMap(({ started_at, ended_at }): [number, number][] => {
    const begun = times.findLastIndex((at) => at <= Date.parse(started_at));
    const end = ended_at === null ? last : times.findIndex((at) => at >= Date.parse(ended_at));
    const from = Math.max(0, begun);
    const to = end < 0 ? last : end;
    return last < 0 || to < from ? [] : [[from, to]];
  });
  return { starts: series.map(([at]) => at), values: series.map(([, value]) => value), episodes: spans };
}
