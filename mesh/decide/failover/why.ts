/** Puts the reason for a level's share in words. */
import type { FailoverPolicy } from '../../model/policy.ts';
import type { Level } from './levels.ts';
import { sumOf } from './spill.ts';

export interface LevelFacts {
  readonly level: Level;
  /** 0-1 */
  readonly available: number;
  /** 0-1 */
  readonly share: number;
  /** 0-1, what the cap lets it carry. */
  readonly limit: number;
  readonly policy: FailoverPolicy;
  readonly first: boolean;
}

export function whyOfLevel(facts: LevelFacts): string {
  const { share, first, available } = facts;
  const healthy =
    (100 * sumOf(facts.level.groups, 'healthy')) / Math.max(1, sumOf(facts.level.groups, 'total'));
  if (healthy === 0) return 'nothing healthy here';
  if (share === 0) return first ? 'nothing can be taken here' : 'not needed';
  const spills = available < 1 ? `; ${spillWords(healthy, facts)}` : '';
  if (first)
    return share > available + 1e-9 ? `keeps ${percent(share)}${spills}` : spillWords(healthy, facts);
  return `takes the spill${capWords(facts)}${spills}`;
}

function spillWords(healthy: number, { available, policy }: LevelFacts): string {
  if (available >= 1) return 'healthy enough to take all';
  if (healthy >= policy.threshold) return `${percent(available)} can be carried until the ramp is done`;
  const { threshold } = policy;
  return `${round(healthy)} % healthy is under the threshold of ${threshold} %: ${round(healthy)}/${threshold} = ${percent(available)} can stay, the rest spills`;
}

function capWords({ policy, share, limit }: LevelFacts): string {
  if (policy.cap === undefined) return '';
  const at = share >= limit - 1e-9 ? 'up to' : 'within';
  return `, ${at} its cap of ${policy.cap} % (${percent(limit)} of all load)`;
}

function percent(fraction: number): string {
  return `${round(100 * fraction)} %`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
