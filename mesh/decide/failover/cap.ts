/** The capacity cap: how much of the load of the first level a later level may be asked to take over. */
import type { FailoverPolicy } from '../../model/policy.ts';
import type { Level } from './levels.ts';
import { effectiveEndpoints, sumOf } from './spill.ts';

export interface Capped {
  readonly shares: readonly number[];
  readonly shed: number;
  /** 0-1, the most each level may carry. */
  readonly limits: readonly number[];
}

/**
 * All load is taken to be what the first level's endpoints were sized for, so a later level may carry
 * cap % x (its healthy endpoints / all endpoints of the first level) of it. The excess goes to later levels within
 * their own limits; what nobody may take is shed, or kept where it came from.
 */
export function applyCap(
  levels: readonly Level[],
  shares: readonly number[],
  policy: FailoverPolicy,
): Capped {
  const first = levels.find((level) => sumOf(level.groups, 'total') > 0);
  const limits = levels.map((level) => limitOf(level, first, policy.cap));
  let excess = 0;
  const capped = shares.map((share, i) => {
    const carried = Math.min(share + excess, Math.max(limits[i] ?? 1, 0));
    excess += share - carried;
    return carried;
  });
  if (excess < 1e-12) return { shares: capped, shed: 0, limits };
  if (policy.overflow === 'shed') return { shares: capped, shed: excess, limits };
  return { shares: keepExcess(levels, capped, excess), shed: 0, limits };
}

function limitOf(level: Level, first: Level | undefined, cap: number | undefined): number {
  const healthy = effectiveEndpoints(level.groups);
  if (level === first || first === undefined || cap === undefined) return healthy > 0 ? 1 : 0;
  return Math.min(1, ((cap / 100) * healthy) / sumOf(first.groups, 'total'));
}

/** Kept load stays with the first level while it has a healthy endpoint; else all that can serve share it. */
function keepExcess(levels: readonly Level[], shares: readonly number[], excess: number): number[] {
  const capacity = levels.map((level) => effectiveEndpoints(level.groups));
  const keepers = (capacity[0] ?? 0) > 0 ? capacity.map((healthy, i) => (i === 0 ? healthy : 0)) : capacity;
  const sum = keepers.reduce((a, b) => a + b, 0);
  return shares.map((share, i) => share + (excess * (keepers[i] ?? 0)) / sum);
}
