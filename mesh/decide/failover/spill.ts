/** How much a level can carry, and how load spills from level to level: Envoy's priority algorithm, without rounding. */
import type { EndpointGroup } from '../../model/shares.ts';

/** Healthy endpoints, counted by how far their group has been ramped up. */
export function effectiveEndpoints(groups: readonly EndpointGroup[]): number {
  return groups.reduce((sum, group) => sum + group.healthy * group.ramp, 0);
}

export function sumOf(groups: readonly EndpointGroup[], field: 'healthy' | 'ready' | 'total'): number {
  return groups.reduce((sum, group) => sum + group[field], 0);
}

/**
 * 0-1: the part of all load that these groups can take. Full at `threshold` percent healthy. A group that is ramping
 * up adds its part linearly over the whole ramp, from what the level could carry without it.
 */
export function availability(groups: readonly EndpointGroup[], threshold: number): number {
  const total = sumOf(groups, 'total');
  if (total === 0) return 0;
  const carry = (healthy: number): number => Math.min(1, (100 * healthy) / total / threshold);
  const ramping = groups.filter((group) => group.ramp < 1 && group.healthy > 0);
  const full = carry(sumOf(groups, 'healthy'));
  if (ramping.length === 0) return full;
  const base = carry(
    sumOf(
      groups.filter((group) => group.ramp >= 1),
      'healthy',
    ),
  );
  return base + (full - base) * (effectiveEndpoints(ramping) / sumOf(ramping, 'healthy'));
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
