/**
 * Names as branded strings, made only here. All are RFC 1123 DNS labels, so they can stand in host names, SPIFFE
 * paths and file names without escaping.
 */
import { quoted } from '../kit/quoted.ts';
import type { Brand } from '../kit/brand.ts';
import { err, ok, type Result } from '../kit/result.ts';
import { fault, type Fault } from './fault.ts';

export type MeshName = Brand<string, 'MeshName'>;
export type ClusterName = Brand<string, 'ClusterName'>;
export type Namespace = Brand<string, 'Namespace'>;
export type ServiceName = Brand<string, 'ServiceName'>;
export type ServiceAccount = Brand<string, 'ServiceAccount'>;
/** `<namespace>/<name>` */
export type ServiceKey = Brand<string, 'ServiceKey'>;
/** 26 characters of lower-case base32: a keyed hash of (namespace, service, port). See mesh/decide/route-id. */
export type RouteId = Brand<string, 'RouteId'>;
/** `<cluster>.<mesh>` */
export type TrustDomain = Brand<string, 'TrustDomain'>;

type Label = MeshName | ClusterName | Namespace | ServiceName | ServiceAccount;

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const ROUTE_ID = /^[a-z2-7]{26}$/;

export function isDnsLabel(text: string): boolean {
  return DNS_LABEL.test(text);
}

/** Parses one label; `what` names it in the fault: `parseLabel<ClusterName>('west', 'cluster')`. */
export function parseLabel<T extends Label>(text: unknown, what: string): Result<T, Fault> {
  if (typeof text === 'string' && isDnsLabel(text)) return ok(text as T);
  const shown = typeof text === 'string' ? quoted(text) : typeof text;
  return err(
    fault('invalid_name', what, `${shown} is not a DNS label (a-z, 0-9 and -, at most 63 characters)`),
  );
}

export function parseRouteId(text: string): RouteId | undefined {
  return ROUTE_ID.test(text) ? (text as RouteId) : undefined;
}

export function serviceKey(namespace: Namespace, name: ServiceName): ServiceKey {
  return `${namespace}/${name}` as ServiceKey;
}

export function parseServiceKey(text: string): Result<ServiceKey, Fault> {
  const [namespace, name, extra] = text.split('/');
  if (
    extra === undefined &&
    namespace !== undefined &&
    name !== undefined &&
    isDnsLabel(namespace) &&
    isDnsLabel(name)
  ) {
    return ok(text as ServiceKey);
  }
  return err(fault('invalid_name', 'service', `${quoted(text, 140)} is not <namespace>/<name>`));
}

export function splitServiceKey(key: ServiceKey): {
  readonly namespace: Namespace;
  readonly name: ServiceName;
} {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash) as Namespace, name: key.slice(slash + 1) as ServiceName };
}

export function trustDomain(cluster: ClusterName, mesh: MeshName): TrustDomain {
  return `${cluster}.${mesh}` as TrustDomain;
}

/** Namespaces that are never imported into nor exported from. */
export function isSystemNamespace(namespace: string): boolean {
  return namespace === 'isthmus-system' || namespace.startsWith('kube-');
}

/** Services that every cluster has for itself, its API server among them: never exported nor imported. */
export function isSystemService(key: ServiceKey): boolean {
  return key === 'default/kubernetes' || isSystemNamespace(splitServiceKey(key).namespace);
}
