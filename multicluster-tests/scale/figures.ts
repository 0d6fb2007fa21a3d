/** Figures of the scale test against their bounds. */
export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly bound: number;
  readonly unit: string;
}

/** The smallest value that is not below the share `quantile` (0-1] of all (nearest rank). */
export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(quantile * sorted.length) - 1] ?? Infinity;
}

export function isWithin({ measured, bound }: Figure): boolean {
  return measured <= bound;
}
