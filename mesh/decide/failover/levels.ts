/** Sorts endpoint groups into the levels of a failover policy, as seen from one place. */
import { assertNever } from '../../kit/assert-never.ts';
import type { LevelSelector } from '../../model/policy.ts';
import type { EndpointGroup, ShareInput, Vantage } from '../../model/shares.ts';

export interface Level {
  /** Position in the failover order; empty levels are left out but keep their number. */
  readonly index: number;
  readonly name: string;
  readonly groups: readonly EndpointGroup[];
  /** Relative weight of a group's cluster or region, where the selector names some; else undefined. */
  readonly weightOf?: (group: EndpointGroup) => { readonly key: string; readonly weight: number };
}

/** The level name of groups that the policy leaves out. */
export const OUTSIDE = '-';

/**
 * A group belongs to the first level that selects it. What no level selects comes last, as if the policy ended in
 * `others`; but where it names clusters or regions, it means those: the rest is `unselected`.
 */
export function assignLevels(input: ShareInput): {
  readonly levels: readonly Level[];
  readonly unselected: readonly EndpointGroup[];
} {
  const { policy, from } = input;
  const namesSome = policy.levels.some(({ kind }) => kind === 'clusters' || kind === 'regions');
  const selectors = namesSome ? policy.levels : [...policy.levels, { kind: 'others' } as const];
  let rest = [...input.groups].sort(compareGroups);
  const levels: Level[] = [];
  selectors.forEach((selector, index) => {
    const groups = rest.filter((group) => selects(selector, group, from));
    rest = rest.filter((group) => !selects(selector, group, from));
    if (groups.length === 0) return;
    const weightOf = weightsOf(selector);
    const name = nameLevel(selector, groups, from);
    levels.push({ index, name, groups, ...(weightOf === undefined ? {} : { weightOf }) });
  });
  return { levels, unselected: rest };
}

/** Cluster name, then region, then zone: a fixed order, so that every proxy and `explain` print the same table. */
function compareGroups(a: EndpointGroup, b: EndpointGroup): number {
  return compare(a.cluster, b.cluster) || compare(a.region, b.region) || compare(a.zone, b.zone);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function selects(selector: LevelSelector, group: EndpointGroup, from: Vantage): boolean {
  switch (selector.kind) {
    case 'zone':
      return group.region === from.region && group.zone === from.zone;
    case 'region':
      return group.region === from.region;
    case 'cluster':
      return group.cluster === from.cluster;
    case 'area':
      return areaOf(group.region) === areaOf(from.region);
    case 'clusters':
      return selector.clusters.some(({ name }) => name === group.cluster);
    case 'regions':
      return selector.regions.some(({ name }) => name === group.region);
    case 'others':
      return true;
    default:
      return assertNever(selector);
  }
}

/** Regions that share the text before the first `-` are near each other: `eu-west-1` and `eu-central-1`. */
function areaOf(region: string): string {
  return region.split('-', 1)[0] ?? region;
}

function nameLevel(selector: LevelSelector, groups: readonly EndpointGroup[], from: Vantage): string {
  switch (selector.kind) {
    case 'zone':
    case 'region':
    case 'cluster':
    case 'area':
      return `same ${selector.kind}`;
    case 'clusters':
      return nameList(
        'cluster',
        selector.clusters.map(({ name }) => name),
      );
    case 'regions':
      return nameList(
        'region',
        selector.regions.map(({ name }) => name),
      );
    case 'others':
      return groups.every(({ region }) => region !== from.region) ? 'other region' : 'elsewhere';
    default:
      return assertNever(selector);
  }
}

function nameList(what: string, names: readonly string[]): string {
  return `${what}${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

function weightsOf(selector: LevelSelector): Level['weightOf'] {
  if (selector.kind !== 'clusters' && selector.kind !== 'regions') return undefined;
  const byCluster = selector.kind === 'clusters';
  const weights = new Map(
    (byCluster ? selector.clusters : selector.regions).map(({ name, weight }) => [name, weight]),
  );
  return (group) => {
    const key = byCluster ? group.cluster : group.region;
    return { key, weight: weights.get(key) ?? 0 };
  };
}
