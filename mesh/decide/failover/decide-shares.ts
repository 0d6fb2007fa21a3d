/** The one function behind proxies, `explain` and `simulate`: endpoint groups and a policy in, exact shares out. */
import type { FailoverPolicy } from '../../model/policy.ts';
import type { EndpointGroup, GroupShare, ShareInput, Shares } from '../../model/shares.ts';
import { applyCap, firstLevel } from './cap.ts';
import { assignLevels, OUTSIDE, type Level } from './levels.ts';
import { availability, effectiveEndpoints, spill, sumOf, type Terms } from './spill.ts';
import { describeRamp, describeWeight, whyOfGroup, type LevelFacts } from './why.ts';

/** Shares sum to 100 with what is shed; to 0 where no level selects an endpoint. */
export function decideShares(input: ShareInput): Shares {
  const { policy } = input;
  const { levels, unselected } = assignLevels(input);
  const outside = unselected.map((group) => outsideShare(group, policy.levels.length));
  if (mustPanic(levels, policy)) return spreadOverAll(levels, outside);

  const ignoreRamps = levels.every(({ groups }) => effectiveEndpoints(groups, false) === 0);
  const terms: Terms = { threshold: policy.threshold, ignoreRamps };
  const available = levels.map(({ groups }) => availability(groups, terms));
  const wanted = spill(available);
  const { shares, shed, limits } = applyCap({ levels, wanted, policy, ignoreRamps });
  const first = firstLevel(levels);
  const groups = levels.flatMap((level, i) => {
    const [share, limit] = [shares[i] ?? 0, limits[i] ?? 1];
    const facts = { ...{ level, share, limit }, available: available[i] ?? 0, wanted: wanted[i] ?? 0 };
    return shareWithin({ ...facts, policy, ignoreRamps, first: level === first });
  });
  return { groups: [...groups, ...outside], shed: 100 * shed, panic: false };
}

/**
 * Where the levels together could not carry the load even without any ramp, and less than the policy's `panic` percent
 * of all is healthy; or nothing is.
 */
function mustPanic(levels: readonly Level[], { threshold, panic }: FailoverPolicy): boolean {
  const all = levels.flatMap(({ groups }) => groups);
  const [healthy, total] = [sumOf(all, 'healthy'), sumOf(all, 'total')];
  if (healthy === 0) return total > 0;
  const available = levels.map(({ groups }) => availability(groups, { threshold, ignoreRamps: true }));
  const enough = available.reduce((a, b) => a + b, 0) >= 1 - 1e-9;
  return !enough && (100 * healthy) / total < panic;
}

/** Panic: in proportion to what its owner calls ready; if nothing is, to what exists. */
function spreadOverAll(levels: readonly Level[], outside: readonly GroupShare[]): Shares {
  const all = levels.flatMap((level) => level.groups);
  const field = sumOf(all, 'ready') > 0 ? 'ready' : 'total';
  const sum = sumOf(all, field);
  const over = field === 'ready' ? 'all that its owner calls ready' : 'all that is known';
  const groups = levels.flatMap(({ index, name, groups: members }) =>
    members.map((group) => {
      const share = (100 * group[field]) / sum;
      const spread = `panic: too little is healthy anywhere, so load is spread over ${over}`;
      const why = share > 0 ? spread : group.total === 0 ? 'no endpoint here' : 'nothing ready here';
      return { group, level: index, levelName: name, share, why: withNote(group, [why]) };
    }),
  );
  return { groups: [...groups, ...outside], shed: 0, panic: true };
}

function shareWithin(facts: LevelFacts): GroupShare[] {
  const { level, policy, ignoreRamps } = facts;
  const terms = { threshold: policy.threshold, ignoreRamps };
  const parts = level.groups.map((group) => partOf(group, level, terms));
  const sum = parts.reduce((a, b) => a + b, 0);
  return level.groups.map((group, i) => ({
    ...{ group, level: level.index, levelName: level.name },
    share: sum === 0 ? 0 : (100 * facts.share * (parts[i] ?? 0)) / sum,
    why: withNote(group, [
      whyOfGroup(group, facts),
      describeWeight(group, facts),
      describeRamp(group, ignoreRamps),
    ]),
  }));
}

/**
 * A group's relative part of its level. With weights, Envoy's locality weighting: weight x availability of the named
 * cluster or region, split inside it by endpoints; without, by endpoints alone.
 */
function partOf(group: EndpointGroup, level: Level, terms: Terms): number {
  const own = effectiveEndpoints([group], terms.ignoreRamps);
  if (level.weightOf === undefined || own === 0) return own;
  const { key, weight } = level.weightOf(group);
  const same = level.groups.filter((other) => level.weightOf?.(other).key === key);
  return (weight * availability(same, terms) * own) / effectiveEndpoints(same, terms.ignoreRamps);
}

function outsideShare(group: EndpointGroup, level: number): GroupShare {
  return { group, level, levelName: OUTSIDE, share: 0, why: withNote(group, ['not in the policy’s order']) };
}

function withNote(group: EndpointGroup, why: readonly (string | undefined)[]): string {
  return [...why, group.note].filter((part) => part !== undefined).join('; ');
}
