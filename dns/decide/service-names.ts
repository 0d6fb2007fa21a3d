/**
 * All names of one imported service (KEP-1645, specification of DNS 2.3 and 2.4). `<clusterid>` alone is none: it must not
 * exist, so that nobody sends traffic to one cluster by name.
 */
import { headlessHosts } from './headless-hosts.ts';
import type { ImportedPort, ImportedService, ImportedSlice } from './imported.ts';
import { TTL_SECONDS, ZONE, type RecordData } from './records.ts';

/** Records by the labels below the name of the service, in lower case; '' is the service. One without records exists too. */
export type ServiceNames = ReadonlyMap<string, readonly RecordData[]>;

function serviceName({ namespace, name }: Pick<ImportedService, 'namespace' | 'name'>): string {
  return `${name}.${namespace}.svc.${ZONE}`;
}

/** Undefined: it has no name, because it is headless and no endpoint of it is ready (M43). */
export function serviceNames(
  service: ImportedService,
  slices: readonly ImportedSlice[],
): ServiceNames | undefined {
  const names = new Map<string, RecordData[]>();
  if (!service.isHeadless) {
    at(names, '').push(...service.ips.map(addressRecord));
    // Without an address there is nothing that a record of a port could lead to.
    if (service.ips.length > 0) addPorts(names, service.ports, serviceName(service));
    return names;
  }
  const hosts = headlessHosts(serviceName(service), slices);
  if (hosts.length === 0) return undefined;
  // Two hosts may share an address: a set of records has each once.
  const addresses = new Set(hosts.flatMap((host) => host.addresses));
  at(names, '').push(...[...addresses].map(addressRecord));
  for (const { prefix, addresses: own, ports } of hosts) {
    at(names, prefix).push(...own.map(addressRecord));
    addPorts(names, ports, `${prefix}.${serviceName(service)}`);
  }
  return names;
}

/** M35: ports without a name have no records. At the service itself one stands for all ports of one number (O5). */
function addPorts(names: Map<string, RecordData[]>, ports: readonly ImportedPort[], target: string): void {
  const named = ports.filter(({ name }) => name !== '');
  for (const { name, protocol, port } of named) {
    at(names, `_${protocol}`);
    at(names, `_${name}._${protocol}`).push(srvRecord(port, target));
  }
  const numbers = new Set(named.map(({ port }) => port));
  at(names, '').push(...[...numbers].map((port) => srvRecord(port, target)));
}

function at(names: Map<string, RecordData[]>, prefix: string): RecordData[] {
  const records = names.get(prefix) ?? [];
  names.set(prefix, records);
  return records;
}

function addressRecord(address: string): RecordData {
  return { type: address.includes(':') ? 'AAAA' : 'A', ttl: TTL_SECONDS, data: address };
}

function srvRecord(port: number, target: string): RecordData {
  return { type: 'SRV', ttl: TTL_SECONDS, data: { priority: 0, weight: 100, port, target } };
}
