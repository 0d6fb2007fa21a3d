/** The capacity cap: how much of the load of the first level a later level may be asked to take over. */
import type { FailoverPolicy } from '../../model/policy.ts';
import type { Level } from './levels.ts';
import { effectiveEndpoints, sumOf } from './spill.ts';

export interface Capped {
  /** 0-1, of each level. */
  readonly shares: readonly number[];
  /** 0-1 */
  readonly shed: number;
  /** 0-1, the most each level may be asked for; 1 where there is no cap. */
  readonly limits: readonly number[];
}

export interface CapInput {
  readonly levels: readonly Level[];
  /** 0-1, what each level would carry without a cap. */
  readonly wanted: readonly number[];
  readonly policy: FailoverPolicy;
  /** As in Terms. */
  readonly ignoreRamps: boolean;
}

/** The level whose endpoints the load is taken to be sized for: the first that has any. */
export function firstLevel(levels: readonly Level[]): Level | undefined {
  return levels.find((level) => sumOf(level.groups, 'total') > 0);
}

/**
 * All load is taken to be what the first level's endpoints were sized for, so a later level may carry
 * cap % x (its healthy endpoints / all endpoints of the first level) of it. The excess goes to later levels within
 * their own limits; what nobody may take is shed, or kept.
 */
export function applyCap(input: CapInput): Capped {
  const { levels, wanted, policy } = input;
  const limits = levels.map((level) => limitOf(level, input));
  if (policy.cap === undefined) return { shares: wanted, shed: 0, limits };
  let excess = 0;
  const shares = wanted.map((share, i) => {
    const carried = Math.min(share + excess, limits[i] ?? 1);
    excess += share - carried;
    return carried;
  });
  if (excess < 1e-12) return { shares, shed: 0, limits };
  if (policy.overflow === 'shed') return { shares, shed: excess, limits };
  return { shares: keepExcess(shares, excess, input), shed: 0, limits };
}

function limitOf(level: Level, { levels, policy, ignoreRamps }: CapInput): number {
  const first = firstLevel(levels);
  if (first === undefined || level === first || policy.cap === undefined) return 1;
  const healthy = effectiveEndpoints(level.groups, ignoreRamps);
  return Math.min(1, ((policy.cap / 100) * healthy) / sumOf(first.groups, 'total'));
}

/** Kept load stays with the first level while it has a healthy endpoint; else all that can serve share it. */
function keepExcess(shares: readonly number[], excess: number, { levels, ignoreRamps }: CapInput): number[] {
  const first = firstLevel(levels);
  const capacity = levels.map((level) => effectiveEndpoints(level.groups, ignoreRamps));
  const ofFirst = capacity.map((healthy, i) => (levels[i] === first ? healthy : 0));
  const keepers = ofFirst.some((healthy) => healthy > 0) ? ofFirst : capacity;
  const sum = keepers.reduce((a, b) => a + b, 0);
  return shares.map((share, i) => share + (excess * (keepers[i] ?? 0)) / sum);
}
