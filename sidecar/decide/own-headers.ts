/**
 * Header fields that speak in the name of the mesh. None is believed from outside: those of a caller are dropped, and
 * the application is told who calls from what TLS has verified (S13).
 */
import { formatIdentity, type Identity } from '../../mesh/model/identity.ts';
import { withoutHeaders, type HeaderList, type RequestHead, type ResponseHead } from './http1/head.ts';

/** `_` counts as `-`: many servers read both alike. */
const RESERVED = /^x[-_](?:isthmus[-_]|forwarded[-_]client[-_]cert$)/;

export function isReservedHeader(name: string): boolean {
  return name.charCodeAt(0) === 0x78 && RESERVED.test(name);
}

/** What an application sends out may not carry what only a sidecar says. */
export function withoutReserved(head: RequestHead): RequestHead {
  const headers = withoutHeaders(head.headers, isReservedHeader);
  return headers === head.headers ? head : { ...head, headers };
}

export function withoutReservedAnswer(head: ResponseHead): ResponseHead {
  const headers = withoutHeaders(head.headers, isReservedHeader);
  return headers === head.headers ? head : { ...head, headers };
}

/** `x-isthmus-source`: the caller's SPIFFE ID; `x-isthmus-source-cluster`: its cluster. The same for a whole connection. */
export function sourceHeaders(caller: Identity): HeaderList {
  return ['x-isthmus-source', formatIdentity(caller), 'x-isthmus-source-cluster', caller.cluster];
}

export function withSource(head: RequestHead, source: HeaderList): RequestHead {
  return { ...head, headers: withoutHeaders(head.headers, isReservedHeader).concat(source) };
}
