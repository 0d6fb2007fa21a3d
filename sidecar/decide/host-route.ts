/** Which service a Host names. */
import { parseHostKey } from '../../mesh/model/host-key.ts';
import {
  isDnsLabel,
  serviceKey,
  splitServiceKey,
  type Namespace,
  type ServiceKey,
  type ServiceName,
} from '../../mesh/model/names.ts';
import { splitAuthority } from './http1/authority.ts';

export interface ServiceAddress {
  readonly service: ServiceKey;
  readonly port: number;
  /** Of a pod that was called by this address of it, and means nobody any more when it has another; absent: by name. */
  readonly at?: string | undefined;
}

const CLUSTERSET = 'svc.clusterset.local';
const SUFFIXES: ReadonlySet<string> = new Set(['', 'svc', CLUSTERSET, 'svc.cluster.local']);
const HTTP_PORT = 80;

/**
 * `cart.shop`, `cart.shop.svc`, `cart.shop.svc.clusterset.local` or `.cluster.local`, with or without a port. Of a host of a
 * headless service: `cart-0.east.cart.shop.svc.clusterset.local`.
 */
export function parseServiceHost(host: string): ServiceAddress | undefined {
  const { name, port = HTTP_PORT } = splitAuthority(host);
  const [service = '', namespace = '', ...rest] = name.split('.');
  if (!SUFFIXES.has(rest.join('.'))) return parseHost(name, port);
  if (!isDnsLabel(service) || !isDnsLabel(namespace)) return undefined;
  return { service: serviceKey(namespace as Namespace, service as ServiceName), port };
}

function parseHost(text: string, port: number): ServiceAddress | undefined {
  const [hostname, cluster, name, namespace, ...rest] = text.split('.');
  const key = `${namespace}/${hostname}.${cluster}.${name}`;
  if (rest.join('.') !== CLUSTERSET || parseHostKey(key) === undefined) return undefined;
  return { service: key as ServiceKey, port };
}

/** The one name that requests for a service port carry between sidecars. */
export function serviceHost({ service, port }: ServiceAddress): string {
  const { namespace, name } = splitServiceKey(service);
  return `${name}.${namespace}.${CLUSTERSET}${port === HTTP_PORT ? '' : `:${port}`}`;
}
