/**
 * The pods behind a headless import that are of another network. Callers here reach each by an address of this cluster
 * that leads to it alone; its own address means nothing here, or is somebody else's (KEP-1645, M26).
 */
import type { ExportedService } from '../../mesh/model/catalog.ts';
import { parseHostKey } from '../../mesh/model/host-key.ts';
import type { ImportHost } from '../../mesh/model/multicluster.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { PodAddress, PodPort, PodSlice } from '../../mesh/model/service.ts';
import type { PeerCatalogs } from './mesh-view.ts';
import type { PlainPorts } from './plain-ports.ts';

/** One pod, as its cluster offers it. */
export interface FarHost {
  readonly cluster: ClusterName;
  readonly hostname: string;
  readonly offered: ExportedService;
  /** Its addresses here; empty: it has none yet. */
  readonly ips: readonly string[];
}

/** Of clusters in other networks, by the service that they are of. */
export function farHosts(
  peers: PeerCatalogs,
  network: string,
  clustersetIps: (host: ServiceKey) => readonly string[] = () => NO_IPS,
): ReadonlyMap<ServiceKey, readonly FarHost[]> {
  const found = new Map<ServiceKey, FarHost[]>();
  for (const { info, link, hosts } of peers.values()) {
    if (hosts === undefined || info.network === network || link.state === 'left') continue;
    for (const offered of hosts.values()) {
      const host = parseHostKey(offered.key);
      if (host === undefined) continue;
      const { cluster, hostname, service } = host;
      const far = { cluster, hostname, offered, ips: clustersetIps(offered.key) };
      const held = found.get(service);
      if (held === undefined) found.set(service, [far]);
      else held.push(far);
    }
  }
  return found;
}

const NO_IPS: readonly string[] = [];

/** By their addresses here; one that has none yet, or no pod now, is left out. */
export function hostSlices(hosts: readonly FarHost[]): readonly PodSlice[] {
  const slices = new Map<string, { readonly ports: readonly PodPort[]; readonly pods: PodAddress[] }>();
  for (const { hostname, offered, ips } of hosts) {
    if (offered.zones.length === 0) continue;
    const ready = offered.zones.some((zone) => zone.ready > 0);
    const ports = offered.ports.map(({ name, port }) => ({ name, protocol: 'TCP', port }));
    // Mostly all pods of a service listen at the same ports.
    const alike = JSON.stringify(ports);
    const slice = slices.get(alike) ?? { ports, pods: [] };
    slice.pods.push(...ips.map((address) => ({ address, hostname, ready })));
    slices.set(alike, slice);
  }
  return [...slices.values()].filter(({ pods }) => pods.length > 0);
}

/** What gives each its address, and who stands behind it. `ports`: of plain proxies, as plain-ports.ts names them. */
export function importHosts(
  hosts: readonly FarHost[],
  { proxies, ports }: { readonly proxies: readonly PodAddress[]; readonly ports: PlainPorts },
): readonly ImportHost[] {
  return hosts.map(({ offered: { key, ports: stated }, ips }) => {
    const reached = stated.flatMap(({ name, port }) => {
      const plainPort = ports.get(`${key}:${port}`);
      return plainPort === undefined ? [] : [{ name, protocol: 'TCP', port: plainPort }];
    });
    return {
      ...{ key, ips, proxies: reached.length === 0 ? [] : [{ ports: reached, pods: proxies }] },
      ports: stated.map(({ name, port }) => ({ ...(name === '' ? {} : { name }), protocol: 'TCP', port })),
    };
  });
}
