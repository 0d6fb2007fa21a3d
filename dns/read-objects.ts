/** ServiceImports and EndpointSlices of the API server as the zone takes them: what is not of their form is left out. */
import { isIP, isIPv6 } from 'node:net';
import { isRecord, type ApiObject } from '../mesh/adapters/kubernetes/api-object.ts';
import { isDnsLabel } from '../mesh/model/names.ts';
import type { ImportedEndpoint, ImportedPort, ImportedService, ImportedSlice } from './decide/imported.ts';

const SERVICE_NAME = 'multicluster.kubernetes.io/service-name';
const SOURCE_CLUSTER = 'multicluster.kubernetes.io/source-cluster';
/** Of EndpointSlices: others are of no import. */
export const IMPORT_SLICES = { labelSelector: `${SERVICE_NAME},${SOURCE_CLUSTER}` };

const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'];
/** Of names, ports, addresses and endpoints: as many as the API lets through. */
const MAX_PORTS = 100;
const MAX_IPS = 2;
const MAX_ENDPOINTS = 1000;

/** Undefined: it cannot have a name in DNS. */
export function readImport({ metadata, spec }: ApiObject): ImportedService | undefined {
  const { namespace = '', name } = metadata;
  if (!isDnsLabel(namespace) || !isDnsLabel(name) || !isRecord(spec)) return undefined;
  const isHeadless = spec['type'] === 'Headless';
  const ips = isHeadless ? [] : listOf(spec['ips']).flatMap((ip) => addressOf(ip) ?? []);
  return { namespace, name, isHeadless, ips: ips.slice(0, MAX_IPS), ports: readPorts(spec['ports']) };
}

export function readSlice(object: ApiObject): ImportedSlice | undefined {
  const { namespace = '', labels } = object.metadata;
  const { [SERVICE_NAME]: service, [SOURCE_CLUSTER]: source } = isRecord(labels) ? labels : {};
  const cluster = clusterOf(source);
  if (typeof service !== 'string' || !isDnsLabel(service) || !isDnsLabel(namespace)) return undefined;
  if (cluster === undefined) return undefined;
  const endpoints = listOf(object['endpoints']).slice(0, MAX_ENDPOINTS).flatMap(readEndpoint);
  return { namespace, service, cluster, endpoints, ports: readPorts(object['ports']) };
}

/** A cluster id is one DNS label, or two (KEP-1645). Names of DNS have no case. */
function clusterOf(label: unknown): string | undefined {
  if (typeof label !== 'string') return undefined;
  const lower = label.toLowerCase();
  return lower.split('.').every(isDnsLabel) ? lower : undefined;
}

function readPorts(list: unknown): readonly ImportedPort[] {
  return listOf(list)
    .filter(isRecord)
    .slice(0, MAX_PORTS)
    .flatMap(({ name, protocol = 'TCP', port }) => {
      if (typeof port !== 'number' || typeof protocol !== 'string' || !PROTOCOLS.includes(protocol))
        return [];
      if (!Number.isInteger(port) || port < 1 || port > 65_535) return [];
      const isNamed = typeof name === 'string' && isDnsLabel(name);
      return [{ name: isNamed ? name : '', protocol: protocol.toLowerCase(), port }];
    });
}

/** Ready as kube-proxy sees it: what is not said counts as ready. Only the first address has a meaning in the API. */
function readEndpoint(entry: unknown): readonly ImportedEndpoint[] {
  if (!isRecord(entry)) return [];
  const { addresses, hostname, conditions } = entry;
  const address = addressOf(listOf(addresses)[0]);
  if (address === undefined) return [];
  const isReady = !isRecord(conditions) || conditions['ready'] !== false;
  const isNamed = typeof hostname === 'string' && isDnsLabel(hostname);
  return [{ address, isReady, ...(isNamed ? { hostname } : {}) }];
}

/** In its shortest form, so that one address has one spelling. */
function addressOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || isIP(text) === 0 || text.includes('%')) return undefined;
  return isIPv6(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
}

function listOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : [];
}
