/** The one function behind proxies, `explain` and `simulate`: endpoint groups and a policy in, exact shares out. */
import type { EndpointGroup, GroupShare, ShareInput, Shares } from '../../model/shares.ts';
import { applyCap } from './cap.ts';
import { assignLevels, type Level } from './levels.ts';
import { availability, effectiveEndpoints, spill, sumOf } from './spill.ts';
import { whyOfLevel, type LevelFacts } from './why.ts';

export function decideShares(input: ShareInput): Shares {
  const settled = withoutPointlessRamp(input);
  const { levels, unselected } = assignLevels(settled);
  const outside = unselected.map((group) => unused(group, 'not in the order of the policy'));
  const available = levels.map((level) => availability(level.groups, settled.policy.threshold));
  if (mustPanic(levels, available, settled)) return spreadOverAll(levels, outside);

  const capped = applyCap(levels, spill(available), settled.policy);
  const groups = levels.flatMap((level, i) => {
    const facts: LevelFacts = {
      ...{ level, available: available[i] ?? 0, share: capped.shares[i] ?? 0, limit: capped.limits[i] ?? 1 },
      ...{ policy: settled.policy, first: i === 0 },
    };
    return shareWithin(level, facts);
  });
  return { groups: [...groups, ...outside], shed: 100 * capped.shed, panic: false };
}

/** Where everything that is healthy is still at the foot of its ramp, holding back helps nobody. */
function withoutPointlessRamp(input: ShareInput): ShareInput {
  const nothingRamped = effectiveEndpoints(input.groups) < 1e-6 && sumOf(input.groups, 'healthy') > 0;
  return nothingRamped ? { ...input, groups: input.groups.map((group) => ({ ...group, ramp: 1 })) } : input;
}

function mustPanic(levels: readonly Level[], available: readonly number[], input: ShareInput): boolean {
  const all = levels.flatMap((level) => level.groups);
  if (all.length === 0) return false;
  const healthy = sumOf(all, 'healthy');
  if (healthy === 0) return true;
  const enough = available.reduce((a, b) => a + b, 0) >= 1;
  return !enough && (100 * healthy) / sumOf(all, 'total') < input.policy.panic;
}

/** Panic: in proportion to what its owner calls ready; if nothing is, to what exists. */
function spreadOverAll(levels: readonly Level[], outside: readonly GroupShare[]): Shares {
  const all = levels.flatMap((level) => level.groups);
  const field = sumOf(all, 'ready') > 0 ? 'ready' : 'total';
  const sum = sumOf(all, field);
  const groups = levels.flatMap((level) =>
    level.groups.map((group) => ({
      ...{
        group,
        level: level.index,
        levelName: level.name,
        share: sum === 0 ? 0 : (100 * group[field]) / sum,
      },
      why: withNote(
        group,
        `panic: too little is healthy anywhere, so load is spread over all that is ${field === 'ready' ? 'ready' : 'known'}`,
      ),
    })),
  );
  return { groups: [...groups, ...outside], shed: 0, panic: true };
}

function shareWithin(level: Level, facts: LevelFacts): GroupShare[] {
  const parts = level.groups.map((group) => partOf(group, level, facts.policy.threshold));
  const sum = parts.reduce((a, b) => a + b, 0);
  const why = whyOfLevel(facts);
  return level.groups.map((group, i) => ({
    ...{ group, level: level.index, levelName: level.name },
    share: sum === 0 ? 0 : (100 * facts.share * (parts[i] ?? 0)) / sum,
    why: withNote(group, why),
  }));
}

/**
 * A group's relative part of its level. With weights, Envoy's locality weighting: weight x availability of the named
 * cluster or region, split inside it by endpoints; without, by endpoints alone.
 */
function partOf(group: EndpointGroup, level: Level, threshold: number): number {
  const own = group.healthy * group.ramp;
  if (level.weightOf === undefined || own === 0) return own;
  const { key, weight } = level.weightOf(group);
  const same = level.groups.filter((other) => level.weightOf?.(other).key === key);
  return (weight * availability(same, threshold) * own) / effectiveEndpoints(same);
}

function unused(group: EndpointGroup, why: string): GroupShare {
  return { group, level: Number.MAX_SAFE_INTEGER, levelName: '-', share: 0, why };
}

function withNote(group: EndpointGroup, why: string): string {
  const ramping =
    group.ramp < 1 && group.healthy > 0 ? `ramping up: ${Math.round(100 * group.ramp)} %` : undefined;
  return [why, ramping, group.note].filter((part) => part !== undefined).join('; ');
}
