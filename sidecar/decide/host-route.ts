/** Which service a Host names. */
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
}

const SUFFIXES: ReadonlySet<string> = new Set(['', 'svc', 'svc.clusterset.local', 'svc.cluster.local']);
const HTTP_PORT = 80;

/** `cart.shop`, `cart.shop.svc`, `cart.shop.svc.clusterset.local` or `.cluster.local`, with or without a port. */
export function parseServiceHost(host: string): ServiceAddress | undefined {
  const { name, port = HTTP_PORT } = splitAuthority(host);
  const [service = '', namespace = '', ...rest] = name.split('.');
  if (!isDnsLabel(service) || !isDnsLabel(namespace) || !SUFFIXES.has(rest.join('.'))) return undefined;
  return { service: serviceKey(namespace as Namespace, service as ServiceName), port };
}

/** The one name that requests for a service port carry between sidecars. */
export function serviceHost({ service, port }: ServiceAddress): string {
  const { namespace, name } = splitServiceKey(service);
  return `${name}.${namespace}.svc.clusterset.local${port === HTTP_PORT ? '' : `:${port}`}`;
}
