/** Stopgap. */
import type { Identity } from '../../mesh/model/identity.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { withoutHeaders, type RequestHead, type ResponseHead } from '../decide/http1/head.ts';
export function routeHost(host: string): { service: ServiceKey; port: number } | undefined {
  const m = /^([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc\.clusterset\.local)?(?::(\d+))?$/.exec(host);
  return m ? { service: `${m[2]}/${m[1]}` as ServiceKey, port: Number(m[3] ?? 80) } : undefined;
}
export function namesService(host: string, own: { service: ServiceKey; port: number }): boolean {
  const r = routeHost(host);
  return r?.service === own.service && r.port === own.port;
}
export function withIdentity(head: RequestHead, peer: Identity): RequestHead {
  const headers = withoutHeaders(
    head.headers,
    (n) => n.startsWith('x-isthmus-') || n === 'x-forwarded-client-cert',
  );
  return { ...head, headers: [...headers, 'x-isthmus-source-cluster', peer.cluster] };
}
export function withoutOwnHeaders(head: ResponseHead): ResponseHead {
  return { ...head, headers: withoutHeaders(head.headers, (n) => n.startsWith('x-isthmus-')) };
}
