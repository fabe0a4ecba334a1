const steps = 5;

/** The colour's step for a count. 0: none; otherwise 1 to 5, equal parts of the way from 1 to the most by ratio. */
export function stepIn(count: number, most: number): number {
  if (count === 0) return 0;
  if (most <= 1) return steps;
  return Math.min(steps, 1 + Math.floor((Math.log(count) / Math.log(most)) * steps + 1e-9));
}

/** The least whole count of each step, for the legend. */
export function stepStarts(most: number): number[] {
  return Array.from({ length: steps }, (_, at) => Math.ceil(most ** (at / steps) - 1e-9));
}
