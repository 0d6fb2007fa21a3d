/** The endpoints of a headless service as hosts with names of their own (KEP-1645 DNS, M39 to M41). */
import type { ImportedEndpoint, ImportedPort, ImportedSlice } from './imported.ts';
import { isNameShort } from './records.ts';

export interface Host {
  /** `<hostname>.<clusterid>`, below the name of the service. */
  readonly prefix: string;
  readonly addresses: readonly string[];
  readonly ports: readonly ImportedPort[];
}

/** So many fit into one message of 64 KiB with their ports, where names are of usual length. The KEP allows a subset. */
const MAX_HOSTS = 250;

/** The ready ones, of all clusters in turn; `service` is the full name below which they stand. */
export function headlessHosts(service: string, slices: readonly ImportedSlice[]): readonly Host[] {
  const byCluster = new Map<string, Map<string, Host>>();
  for (const { cluster, endpoints, ports } of slices) {
    const hosts = byCluster.get(cluster) ?? new Map<string, Host>();
    byCluster.set(cluster, hosts);
    for (const endpoint of endpoints.filter(({ isReady }) => isReady)) {
      const prefix = `${hostnameOf(endpoint)}.${cluster}`;
      if (!isNameShort(`${prefix}.${service}`)) continue;
      hosts.set(
        prefix,
        withAddress(hosts.get(prefix) ?? { prefix, addresses: [], ports: [] }, endpoint, ports),
      );
    }
  }
  return inTurn(
    [...byCluster].sort(byName).map(([, hosts]) => [...hosts].sort(byName).map(([, host]) => host)),
  );
}

function withAddress(
  { prefix, addresses, ports: known }: Host,
  { address }: ImportedEndpoint,
  ports: readonly ImportedPort[],
): Host {
  const added = ports.filter(
    ({ name, protocol, port }) =>
      !known.some((one) => one.name === name && one.protocol === protocol && one.port === port),
  );
  return {
    prefix,
    addresses: addresses.includes(address) ? addresses : [...addresses, address],
    ports: [...known, ...added],
  };
}

/** The one that is given; else one that follows from the address, which no other endpoint of its cluster has. */
function hostnameOf({ hostname, address }: ImportedEndpoint): string {
  // A label neither begins nor ends with a hyphen: the zeros that `::` leaves out stand for themselves there.
  return hostname ?? address.replace(/[.:]/g, '-').replace(/^-/, '0-').replace(/-$/, '-0');
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** The first of each, then the second of each: a large cluster does not crowd out the others. */
function inTurn(lists: readonly (readonly Host[])[]): readonly Host[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const turns = Array.from({ length: Math.min(longest, MAX_HOSTS) }, (_, i) =>
    lists.flatMap((hosts) => hosts.slice(i, i + 1)),
  );
  return turns.flat().slice(0, MAX_HOSTS);
}
