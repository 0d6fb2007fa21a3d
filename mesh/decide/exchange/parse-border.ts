/** The border of the exchange: what a peer may say of itself, checked field by field. Anything else is refused. */
import { err, ok, type Result } from '../../kit/result.ts';
import type { ClusterInfo, ExportedService, GatewayAddress } from '../../model/catalog.ts';
import { fault, type Fault } from '../../model/fault.ts';
import {
  isDnsLabel,
  isSystemNamespace,
  parseRouteId,
  parseServiceKey,
  splitServiceKey,
} from '../../model/names.ts';

const LIMITS = { ports: 64, zones: 64, serviceAccounts: 64, gateways: 16, endpoints: 1_000_000 } as const;

/** The service, or the first field that breaks the schema. */
export function checkService(service: ExportedService, peer: string): Result<ExportedService, Fault> {
  const bad = (field: string, what: string): Result<never, Fault> =>
    err({ ...fault('schema_violation', `${peer}: ${String(service.key).slice(0, 140)}`, what), field });
  const key = parseServiceKey(service.key);
  if (!key.ok) return bad('key', 'is not <namespace>/<name>');
  if (isSystemNamespace(splitServiceKey(key.value).namespace)) return bad('key', 'is in a system namespace');
  if (!Number.isSafeInteger(service.exportedAt) || service.exportedAt <= 0)
    return bad('exportedAt', 'is not a time');
  const { ports, zones, serviceAccounts } = service;
  if (ports.length === 0 || ports.length > LIMITS.ports || !ports.every(isPort))
    return bad('ports', `are malformed, or not 1-${LIMITS.ports}`);
  if (new Set(ports.map(({ port }) => port)).size !== ports.length) return bad('ports', 'name a port twice');
  if (zones.length > LIMITS.zones || !zones.every(isZone))
    return bad('zones', `are malformed, or over ${LIMITS.zones}`);
  if (serviceAccounts.length > LIMITS.serviceAccounts || !serviceAccounts.every(isDnsLabel))
    return bad('serviceAccounts', 'are malformed');
  return ok(service);
}

function isPort({ name, port, appProtocol, routeId }: ExportedService['ports'][number]): boolean {
  const known = appProtocol === 'http' || appProtocol === 'tcp' || appProtocol === 'detect';
  return (
    known && (name === '' || isDnsLabel(name)) && isPortNumber(port) && parseRouteId(routeId) !== undefined
  );
}

function isZone({ region, zone, ready, total }: ExportedService['zones'][number]): boolean {
  return isDnsLabel(region) && isDnsLabel(zone) && isCount(ready) && isCount(total) && ready <= total;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= LIMITS.endpoints;
}

function isPortNumber(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}

/** What a peer says of itself; `allowLoopback` only where all clusters share one machine. */
export function checkInfo(info: ClusterInfo, allowLoopback: boolean): Result<ClusterInfo, Fault> {
  const bad = (field: string, what: string): Result<never, Fault> =>
    err({ ...fault('schema_violation', info.cluster, what), field });
  for (const field of ['region', 'zone', 'network'] as const)
    if (!isDnsLabel(info[field])) return bad(field, 'is not a DNS label');
  if (!/^[\w.+-]{1,64}$/.test(info.version)) return bad('version', 'is malformed');
  if (info.gateways.length > LIMITS.gateways) return bad('gateways', `are over ${LIMITS.gateways}`);
  for (const gateway of info.gateways) {
    if (!isDnsLabel(gateway.zone) || !isPortNumber(gateway.port))
      return bad('gateways', 'have a malformed zone or port');
    const refused = refusedAddress(gateway, allowLoopback);
    if (refused !== undefined)
      return err({
        ...fault('address_refused', `${info.cluster}: ${gateway.host.slice(0, 253)}`, refused),
        field: 'gateways',
      });
  }
  return ok(info);
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** Why no proxy may be sent to this address; undefined when it may. */
export function refusedAddress(
  { host }: Pick<GatewayAddress, 'host'>,
  allowLoopback: boolean,
): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1).map(Number);
  if (v4 !== undefined) return refusedV4(v4, allowLoopback);
  if (host.includes(':')) return refusedV6(host.toLowerCase(), allowLoopback);
  if (!HOST_NAME.test(host) || /^[0-9.]+$/.test(host) || /(^|\.)0x[0-9a-f]*$/.test(host))
    return 'is neither an IP address nor a host name';
  return !allowLoopback && (host === 'localhost' || host.endsWith('.localhost'))
    ? 'is this machine itself'
    : undefined;
}

function refusedV4(parts: readonly number[], allowLoopback: boolean): string | undefined {
  const [a = 0, b = 0] = parts;
  if (parts.some((part) => part > 255)) return 'is not an IP address';
  if (a === 127) return allowLoopback ? undefined : 'is a loopback address';
  if (a === 169 && b === 254) return 'is a link-local or metadata address';
  if (a === 0) return 'is an unspecified address';
  return a >= 224 ? 'is a multicast or reserved address' : undefined;
}

function refusedV6(host: string, allowLoopback: boolean): string | undefined {
  if (!/^[0-9a-f:]{2,39}$/.test(host)) return 'is not an IP address, or maps an IPv4 address';
  if (/^[0:]+$/.test(host)) return 'is an unspecified address';
  if (/^[0:]*:0*1$/.test(host)) return allowLoopback ? undefined : 'is a loopback address';
  if (/^fe[89ab]/.test(host)) return 'is a link-local address';
  if (host === 'fd00:ec2::254') return 'is a metadata address';
  return host.startsWith('ff') ? 'is a multicast address' : undefined;
}
