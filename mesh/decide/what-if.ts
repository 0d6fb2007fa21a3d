/** What would happen if something went down: the function of the proxies, on groups supposed to be gone. */
import type { EndpointGroup, ShareInput, Shares } from '../model/shares.ts';
import { decideShares } from './failover/decide-shares.ts';

/** A group is down when any of these names it. A zone is `<region>/<zone>`. */
export interface Down {
  readonly clusters?: readonly string[];
  readonly regions?: readonly string[];
  readonly zones?: readonly string[];
}

/** The same groups, those of `down` still known but neither ready nor healthy. */
function supposeDown(groups: readonly EndpointGroup[], down: Down): readonly EndpointGroup[] {
  return groups.map((group) =>
    isDown(group, down) ? { ...group, ready: 0, healthy: 0, note: 'supposed to be down' } : group,
  );
}

export function simulateDown(input: ShareInput, down: Down): Shares {
  return decideShares({ ...input, groups: supposeDown(input.groups, down) });
}

/** The `whatIf` of an ExplainReport: the own cluster down, then the own region. */
export function whatIf(input: ShareInput): readonly { readonly down: string; readonly shares: Shares }[] {
  const { cluster, region } = input.from;
  return [
    { down: cluster, shares: simulateDown(input, { clusters: [cluster] }) },
    { down: region, shares: simulateDown(input, { regions: [region] }) },
  ];
}

function isDown({ cluster, region, zone }: EndpointGroup, { clusters, regions, zones }: Down): boolean {
  const named = [
    clusters?.includes(cluster),
    regions?.includes(region),
    zones?.includes(`${region}/${zone}`),
  ];
  return named.includes(true);
}
