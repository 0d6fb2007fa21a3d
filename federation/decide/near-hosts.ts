/**
 * The pods of headless services that callers here reach at their own addresses: those of this cluster, and of clusters in
 * its network. A connection to such an address is known by it, and goes to the sidecar there by mTLS, past every gateway.
 *
 * A peer states the addresses of its pods itself. It cannot draw to it what is meant for others: sidecars dial the very address
 * that was called, and forget it when the peer states another. So it could but make such calls fail, and for addresses of this cluster not even that (S26).
 */
import type { PeerCatalog, SidecarAddress } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { PeerCatalogs } from './mesh-view.ts';

export interface NearHostsInput {
  /** Of the hosts of this cluster. */
  readonly own: ReadonlyMap<ServiceKey, SidecarAddress>;
  readonly peers: PeerCatalogs;
  readonly network: string;
  /** Of Services and pods of this cluster. */
  readonly ownAddresses?: ReadonlySet<string>;
}

export interface NearHosts {
  readonly sidecars: ReadonlyMap<ServiceKey, SidecarAddress>;
  /** Of addresses that are not theirs who state them: one for each peer. */
  readonly faults: readonly Fault[];
}

export function decideNearHosts({ own, peers, network, ownAddresses }: NearHostsInput): NearHosts {
  const sidecars = new Map(own);
  const faults = new Map<ClusterName, Fault>();
  const holders = new Map<string, ClusterName>();
  const near = [...peers.values()].filter(
    ({ info, link }) => info.network === network && link.state !== 'left',
  );
  for (const { info, hosts = NO_HOSTS } of near.toSorted(byName)) {
    for (const { key, sidecar } of hosts.values()) {
      if (sidecar === undefined) continue;
      const { address } = sidecar;
      const isOwn = ownAddresses?.has(address) === true;
      const holder = holders.get(address) ?? info.cluster;
      if (!isOwn && holder === info.cluster) {
        holders.set(address, holder);
        sidecars.set(key, sidecar);
      } else if (!faults.has(info.cluster)) {
        const message = `states ${address} as a pod of ${key}, which is an address of ${isOwn ? 'this cluster' : holder}`;
        faults.set(info.cluster, fault('address_refused', info.cluster, message));
      }
    }
  }
  return { sidecars, faults: [...faults.values()] };
}

const NO_HOSTS: PeerCatalog['services'] = new Map();

function byName({ info: a }: PeerCatalog, { info: b }: PeerCatalog): number {
  return a.cluster < b.cluster ? -1 : 1;
}
