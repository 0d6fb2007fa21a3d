/** The border's schema of one exported service: from what a peer states to what is believed, or the fault in it. */
import { isDialledAddress } from '../../mesh/decide/peer-address.ts';
import { wrongPodSlices } from '../../mesh/decide/pod-slices.ts';
import { wrongAnnotations, wrongLabels, wrongTraits } from '../../mesh/decide/service-traits.ts';
import { quoted } from '../../mesh/kit/quoted.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { ExportedPort, ExportedService, ZoneCapacity } from '../../mesh/model/catalog.ts';
import type { StatedService } from '../../mesh/model/exchange-frame.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { parseHostKey } from '../../mesh/model/host-key.ts';
import {
  isDnsLabel,
  isSystemNamespace,
  isSystemService,
  parseRouteId,
  parseServiceKey,
  type ClusterName,
  type ServiceAccount,
  type ServiceKey,
} from '../../mesh/model/names.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { AppProtocol } from '../../mesh/model/service.ts';
import { importParts } from './import-parts.ts';
import type { Quotas } from './quotas.ts';

const APP_PROTOCOLS: readonly string[] = ['http', 'tcp', 'detect'] satisfies AppProtocol[];
const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const MAX_ENDPOINTS = 100_000;
const MAX_LABEL = 63;
/** `<hostname>.<cluster>.<service>` */
const MAX_HOST_NAME = 3 * MAX_LABEL + 2;

/** Regions, zones and networks: values of Kubernetes labels. */
export function isLabelValue(text: string): boolean {
  return LABEL_VALUE.test(text);
}

export function isPortNumber(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}

/** `namespace/name` if both are DNS labels, or the name is that of a host. */
export function statedKey({ namespace, name }: { namespace: string; name: string }): ServiceKey | undefined {
  if (namespace.length > MAX_LABEL || name.length > MAX_HOST_NAME) return undefined;
  const text = `${namespace}/${name}`;
  const key = parseServiceKey(text);
  if (key.ok) return key.value;
  return parseHostKey(text) === undefined ? undefined : (text as ServiceKey);
}

export interface ServiceRules {
  /** Who states it. */
  readonly origin: ClusterName;
  readonly quotas: Quotas;
}

/** Sizes and counts are checked before content. */
export function parseService(
  stated: StatedService,
  { origin, quotas }: ServiceRules,
): Result<ExportedService, Fault> {
  const key = statedKey(stated);
  const subject = key ?? `service ${quoted(`${stated.namespace}/${stated.name}`, 140)}`;
  const refuse = ([code, field, message]: Wrong): Result<never, Fault> =>
    err({ ...fault(code, subject, message), field });
  if (key === undefined)
    return refuse(['schema_violation', 'name', 'namespace and name must be DNS labels (RFC 1123)']);
  if ((parseHostKey(key)?.cluster ?? origin) !== origin)
    return refuse(['origin_mismatch', 'name', 'is a host of another cluster']);
  if (isSystemNamespace(stated.namespace))
    return refuse(['namespace_absent', 'namespace', 'is a system namespace, which is never imported']);
  if (isSystemService(key))
    return refuse(['namespace_absent', 'name', 'is the API server of its cluster, which is never imported']);
  const wrong =
    overQuota(stated, quotas) ??
    wrongPort(stated) ??
    wrongZone(stated) ??
    wrongRest(stated) ??
    wrongImportParts(stated) ??
    wrongPods(stated) ??
    wrongSidecar(key, stated);
  return wrong === undefined ? ok(toService(key, stated)) : refuse(wrong);
}

type Wrong = readonly [code: ReasonCode, field: string, message: string];

function overQuota({ ports, zones, serviceAccounts }: StatedService, quotas: Quotas): Wrong | undefined {
  const counts = [
    ['ports', ports.length, quotas.portsPerService],
    ['zones', zones.length, quotas.zonesPerService],
    ['serviceAccounts', serviceAccounts.length, quotas.accountsPerService],
  ] as const;
  const over = counts.find(([, count, most]) => count > most);
  return over && ['quota_exceeded', over[0], `has ${over[1]} entries, at most ${over[2]} are allowed`];
}

function wrongPort({ ports, traits }: StatedService): Wrong | undefined {
  const bad = (field: string, message: string): Wrong => ['schema_violation', `ports.${field}`, message];
  // One with traits may have ports that the mesh does not carry, and no others.
  if (ports.length === 0 && traits === undefined) return bad('port', 'a service has at least one port');
  for (const { name, port, appProtocol, routeId } of ports) {
    if (name !== '' && !isDnsLabel(name)) return bad('name', 'must be empty or a DNS label');
    if (!isPortNumber(port)) return bad('port', `${port} is not a port number`);
    if (!APP_PROTOCOLS.includes(appProtocol)) return bad('appProtocol', 'must be http, tcp or detect');
    if (parseRouteId(routeId) === undefined) return bad('routeId', 'must be 26 characters of base32');
  }
  for (const field of ['name', 'port', 'routeId'] as const) {
    if (new Set(ports.map((port) => port[field])).size < ports.length) return bad(field, 'stands twice');
  }
  return undefined;
}

function wrongZone({ zones }: StatedService): Wrong | undefined {
  const bad = (field: string, message: string): Wrong => ['schema_violation', `zones.${field}`, message];
  for (const { region, zone, ready, total } of zones) {
    if (!isLabelValue(region)) return bad('region', 'must be a label value');
    if (!isLabelValue(zone)) return bad('zone', 'must be a label value');
    if (!Number.isInteger(total) || total < 0 || total > MAX_ENDPOINTS)
      return bad('total', `must be 0 to ${MAX_ENDPOINTS}`);
    if (!Number.isInteger(ready) || ready < 0 || ready > total) return bad('ready', 'must be 0 to total');
  }
  const places = new Set(zones.map(({ region, zone }) => `${region}/${zone}`));
  return places.size < zones.length ? bad('zone', 'stands twice') : undefined;
}

function wrongRest({ exportedAt, serviceAccounts }: StatedService): Wrong | undefined {
  if (!Number.isSafeInteger(exportedAt) || exportedAt < 0 || exportedAt > 8.64e15)
    return ['schema_violation', 'exportedAt', 'must be milliseconds since the epoch'];
  if (!serviceAccounts.every(isDnsLabel))
    return ['schema_violation', 'serviceAccounts', 'must be DNS labels'];
  return new Set(serviceAccounts).size < serviceAccounts.length
    ? ['schema_violation', 'serviceAccounts', 'one stands twice']
    : undefined;
}

/** What is for the import of the service. */
function wrongImportParts({ traits, labels, annotations }: StatedService): Wrong | undefined {
  const wrong = (traits && wrongTraits(traits)) ?? wrongLabels(labels) ?? wrongAnnotations(annotations);
  if (wrong === undefined) return undefined;
  const code = wrong.kind === 'count' ? 'quota_exceeded' : 'schema_violation';
  return [code, wrong.field, wrong.message];
}

function wrongPods({ podSlices }: StatedService): Wrong | undefined {
  const wrong = podSlices && wrongPodSlices(podSlices);
  if (wrong === undefined) return undefined;
  return [wrong.kind === 'count' ? 'quota_exceeded' : 'schema_violation', wrong.field, wrong.message];
}

function wrongSidecar(key: ServiceKey, { sidecar }: StatedService): Wrong | undefined {
  if (sidecar === undefined) return undefined;
  const bad = (field: string, message: string): Wrong => ['schema_violation', `sidecar${field}`, message];
  if (parseHostKey(key) === undefined) return bad('', 'is for hosts alone');
  if (!isDialledAddress(sidecar.address))
    return bad('.address', 'must be an IP address that others can dial');
  return isPortNumber(sidecar.port) ? undefined : bad('.port', `${sidecar.port} is not a port number`);
}

/** Copies field by field: nothing that was not checked comes along. */
function toService(key: ServiceKey, stated: StatedService): ExportedService {
  return {
    key,
    exportedAt: stated.exportedAt,
    ports: stated.ports.map(({ name, port, appProtocol, routeId }) => {
      return { name, port, appProtocol, routeId } as ExportedPort;
    }),
    zones: stated.zones.map(({ region, zone, ready, total }): ZoneCapacity => ({
      region,
      zone,
      ready,
      total,
    })),
    serviceAccounts: stated.serviceAccounts.map((account) => account as ServiceAccount),
    ...(stated.plain === true ? { plain: true } : {}),
    ...(stated.sidecar && { sidecar: { address: stated.sidecar.address, port: stated.sidecar.port } }),
    ...importParts(stated),
  };
}
