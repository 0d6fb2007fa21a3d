/**
 * Hosts: the pods of an exported headless service, each called by itself (KEP-1645, "Headless"). A host has a key as a
 * service has one, so that it goes wherever a service goes; dots, which no name of a Service has, keep the two apart.
 */
import { isDnsLabel, splitServiceKey, type ClusterName, type ServiceKey } from './names.ts';

export interface Host {
  /** A DNS label. */
  readonly hostname: string;
  readonly cluster: ClusterName;
  /** The headless service that it is of. */
  readonly service: ServiceKey;
}

/** `<namespace>/<hostname>.<cluster>.<service>`, in the order of its DNS name. */
export function hostKey({ hostname, cluster, service }: Host): ServiceKey {
  const { namespace, name } = splitServiceKey(service);
  return `${namespace}/${hostname}.${cluster}.${name}` as ServiceKey;
}

/** Undefined: it is the key of a service, or of nothing. */
export function parseHostKey(key: string): Host | undefined {
  if (!key.includes('.')) return undefined;
  const [namespace = '', path = '', extra] = key.split('/');
  const [hostname = '', cluster = '', name = '', more] = path.split('.');
  if (extra !== undefined || more !== undefined) return undefined;
  if (![namespace, hostname, cluster, name].every(isDnsLabel)) return undefined;
  return { hostname, cluster: cluster as ClusterName, service: `${namespace}/${name}` as ServiceKey };
}

/** The service that a key stands for: of a host, the one that it is of. */
export function serviceOf(key: ServiceKey): ServiceKey {
  return parseHostKey(key)?.service ?? key;
}

/** Namespace and name of the service that a key stands for. */
export function splitServiceOf(key: ServiceKey): ReturnType<typeof splitServiceKey> {
  return splitServiceKey(serviceOf(key));
}
