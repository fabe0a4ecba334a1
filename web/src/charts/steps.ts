const steps = 5;

/** Which counts a colour's step holds: equal parts of the way from the least to the most, by ratio. */
export interface Scale {
  /** The least whole count of each step, lightest first. */
  starts: number[];
  most: number;
}

export function scaleOf(counts: number[]): Scale {
  const some = counts.filter((count) => count > 0);
  const most = Math.max(1, ...some);
  const least = Math.min(most, ...some);
  const starts = Array.from({ length: steps }, (_, at) =>
    Math.ceil(least * (most / least) ** (at / steps) - 1e-9),
  );
  return { starts, most };
}

/** 0: none; otherwise 1 to 5. */
export function stepIn(count: number, { starts }: Scale): number {
  if (count === 0) return 0;
  return Math.max(1, starts.findLastIndex((start) => count >= start) + 1);
}
