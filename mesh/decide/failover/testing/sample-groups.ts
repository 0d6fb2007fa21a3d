/** Groups and decisions in few words, for the tests of failover: clusters east, east2 and west, as seen from east. */
import type { ClusterName } from '../../../model/names.ts';
import type { FailoverPolicy } from '../../../model/policy.ts';
import type { EndpointGroup, Shares } from '../../../model/shares.ts';
import { decideShares } from '../decide-shares.ts';
import { DEFAULT_FAILOVER } from '../default-policy.ts';

export const FROM_EAST = { cluster: 'east' as ClusterName, region: 'eu', zone: 'eu-1' };

const PLACES: Readonly<Record<string, readonly [region: string, zone: string]>> = {
  east: ['eu', 'eu-1'],
  east2: ['eu', 'eu-2'],
  west: ['us', 'us-1'],
};

/** All ready, `healthy` of `total` healthy, fully ramped unless told otherwise. */
export function group(
  cluster: string,
  [healthy, total]: readonly [healthy: number, total: number],
  rest: Partial<EndpointGroup> = {},
): EndpointGroup {
  const [region, zone] = PLACES[cluster] ?? ['ap', 'ap-1'];
  return { cluster: cluster as ClusterName, region, zone, total, ready: total, healthy, ramp: 1, ...rest };
}

export function decide(groups: readonly EndpointGroup[], policy: Partial<FailoverPolicy> = {}): Shares {
  return decideShares({ policy: { ...DEFAULT_FAILOVER, ...policy }, from: FROM_EAST, groups });
}

export function sharesByCluster(shares: Shares): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { group: g, share } of shares.groups) found[g.cluster] = (found[g.cluster] ?? 0) + share;
  return found;
}

export function whyByCluster(shares: Shares): Record<string, string> {
  return Object.fromEntries(shares.groups.map(({ group: g, why }) => [g.cluster, why]));
}
