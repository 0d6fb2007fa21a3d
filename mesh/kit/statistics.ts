/** Numbers of several rounds, and how two contenders compare over them. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const [min = 0, max = 0] = [sorted[0], sorted.at(-1)];
  return { median: middle(sorted), min, max };
}

/** The median of the ratios of each round: what slows a whole round down slows both and drops out. Absent rounds are skipped. */
export function medianRatio(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): number | undefined {
  const ratios = ours.flatMap((mine, round) => {
    const other = theirs[round];
    return mine === undefined || other === undefined || other === 0 ? [] : [mine / other];
  });
  return spreadOf(ratios)?.median;
}

/** Nearest rank: the smallest value that at least `fraction` of all do not exceed. `sorted` ascends and is not empty. */
export function percentile(sorted: ArrayLike<number>, fraction: number): number {
  const rank = Math.max(1, Math.ceil(fraction * sorted.length));
  return sorted[rank - 1] ?? NaN;
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? 0;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? 0) + upper) / 2 : upper;
}
