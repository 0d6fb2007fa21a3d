/** How much a level can carry, and how load spills from level to level: Envoy's priority algorithm, without rounding. */
import type { EndpointGroup } from '../../model/shares.ts';

/** What the same groups are worth under one policy, at one moment. */
export interface Terms {
  /** Percent healthy, 1-100, at which a level is taken to carry all. */
  readonly threshold: number;
  /** Everything that is healthy is still at the foot of its ramp: holding back helps nobody. */
  readonly ignoreRamps: boolean;
}

type Groups = readonly EndpointGroup[];

/** A ramp below this is at its foot: nothing is divided by next to nothing. */
const FOOT = 1e-9;

/** Healthy endpoints, counted by how far their group has been ramped up. */
export function effectiveEndpoints(groups: Groups, ignoreRamps: boolean): number {
  return groups.reduce(
    (sum, { healthy, ramp }) => sum + healthy * (ignoreRamps ? 1 : ramp < FOOT ? 0 : ramp),
    0,
  );
}

export function sumOf(groups: Groups, field: 'healthy' | 'ready' | 'total'): number {
  return groups.reduce((sum, group) => sum + group[field], 0);
}

/** 0-1: the part of all load that these groups can take together. Full at `threshold` percent healthy. */
export function availability(groups: Groups, { threshold, ignoreRamps }: Terms): number {
  const total = sumOf(groups, 'total');
  return total === 0 ? 0 : Math.min(1, (100 * effectiveEndpoints(groups, ignoreRamps)) / total / threshold);
}

/**
 * Shares (0-1, summing to 1) of levels with these availabilities; all 0 when none can carry anything.
 * Envoy, "Priority levels": load_i = min(what is left, availability_i / min(1, sum of availabilities)).
 */
export function spill(availabilities: readonly number[]): number[] {
  const sum = availabilities.reduce((a, b) => a + b, 0);
  if (sum === 0) return availabilities.map(() => 0);
  const normal = Math.min(1, sum);
  let left = 1;
  const shares = availabilities.map((available) => {
    const share = Math.min(left, available / normal);
    left -= share;
    return share;
  });
  // What floating point left over belongs to the last level that carries anything.
  const last = availabilities.findLastIndex((available) => available > 0);
  shares[last] = (shares[last] ?? 0) + left;
  return shares;
}
