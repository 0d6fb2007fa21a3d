/** Puts the reason for a share in words. */
import type { FailoverPolicy } from '../../model/policy.ts';
import type { EndpointGroup } from '../../model/shares.ts';
import type { Level } from './levels.ts';
import { sumOf } from './spill.ts';

export interface LevelFacts {
  readonly level: Level;
  /** 0-1, what it can carry. */
  readonly available: number;
  /** 0-1, what it would carry without a cap. */
  readonly wanted: number;
  /** 0-1 */
  readonly share: number;
  /** 0-1, what the cap lets it carry. */
  readonly limit: number;
  readonly policy: FailoverPolicy;
  /** As in Terms. */
  readonly ignoreRamps: boolean;
  /** Its endpoints are what the load is sized for: no cap holds. */
  readonly first: boolean;
}

const EPSILON = 1e-9;

export function whyOfGroup(group: EndpointGroup, facts: LevelFacts): string {
  if (group.total === 0) return 'no endpoint here';
  if (group.healthy === 0) return 'nothing healthy here';
  if (group.ramp < EPSILON && !facts.ignoreRamps) return 'recovered, but held back for now';
  if (facts.share > 0) return facts.first ? whyFirst(facts) : whySpill(facts);
  return facts.wanted > 0 ? `may take nothing within its cap of ${facts.policy.cap ?? 0} %` : 'not needed';
}

/** Undefined for a group that is not ramping up. */
export function describeRamp({ healthy, ramp }: EndpointGroup, ignoreRamps: boolean): string | undefined {
  if (ramp >= 1 || healthy === 0) return undefined;
  const words = `ramping up: ${Math.round(100 * ramp)} %`;
  return ignoreRamps ? `${words}, ignored because nothing else is left` : words;
}

/** Undefined where the level is not divided by weight. */
export function describeWeight(group: EndpointGroup, { level }: LevelFacts): string | undefined {
  if (level.weightOf === undefined) return undefined;
  const all = new Map(
    level.groups.map((each) => level.weightOf?.(each)).map((of) => [of?.key, of?.weight ?? 0]),
  );
  if (all.size < 2) return undefined;
  const sum = [...all.values()].reduce((a, b) => a + b, 0);
  return `weight ${level.weightOf(group).weight} of ${sum} in its level`;
}

function whyFirst(facts: LevelFacts): string {
  const { available, wanted, share } = facts;
  if (share > wanted + EPSILON) {
    return `keeps what is over the caps of the others: ${percent(share)} instead of ${percent(wanted)}`;
  }
  if (available >= 1 - EPSILON)
    return facts.level.groups.length > 1
      ? 'its level is healthy enough to take all'
      : 'healthy enough to take all';
  if (wanted <= available + EPSILON) return `${limitWords(facts)} stays, the rest spills`;
  return `${limitWords(facts)} could stay, but too little is healthy elsewhere: keeps ${percent(share)}`;
}

function whySpill(facts: LevelFacts): string {
  const { available, share } = facts;
  const takes = `takes the spill${capWords(facts)}`;
  if (available >= 1 - EPSILON || share < available - EPSILON) return takes;
  if (share <= available + EPSILON) return `${takes}; ${limitWords(facts)} at most`;
  return `${takes}, more than it should: ${limitWords(facts)}`;
}

/** `50 % healthy is under the threshold of 71.4 %: 50/71.4 = 70 %`, or what the ramp allows. */
function limitWords({ level, available, policy: { threshold } }: LevelFacts): string {
  const healthy = (100 * sumOf(level.groups, 'healthy')) / sumOf(level.groups, 'total');
  if (available < Math.min(1, healthy / threshold) - EPSILON)
    return `while it ramps up, ${percent(available)}`;
  return `${round(healthy)} % healthy is under the threshold of ${threshold} %: ${round(healthy)}/${threshold} = ${percent(available)}`;
}

function capWords({ policy: { cap }, share, limit }: LevelFacts): string {
  if (cap === undefined) return '';
  const size = `its cap of ${cap} %`;
  if (share > limit + EPSILON) return ` and what is over ${size} too, as nobody else may take it`;
  return share >= limit - EPSILON ? ` up to ${size} (${percent(limit)} of all load)` : `, within ${size}`;
}

function percent(fraction: number): string {
  return `${round(100 * fraction)} %`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
