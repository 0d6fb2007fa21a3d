/** What the reasons of refusals mean for whether a request may be sent again, and how a proxy states its own. */
import { REASONS, type ReasonCode } from '../../mesh/model/reason.ts';
import { findHeader, type ResponseHead } from './http1/head.ts';
import { REASON_HEADER } from './http1/head-writer.ts';

/** RFC 9110, 9.2.2. */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** Reasons of the proxy in front of the application that mean: the application has not seen the request. */
export const UNSEEN: ReadonlySet<string> = new Set([
  'application_unreachable',
  'draining',
  'route_unknown',
  'connection_cap',
]);

/** The same, where the application may have seen it. */
export const PERHAPS_SEEN: ReadonlySet<string> = new Set(['upstream_reset']);

/** Why a proxy refused; empty for an answer of the application. Only proxies set it: sidecars take it out of what applications say. */
export function reasonOf(head: ResponseHead): ReasonCode | '' {
  const stated = head.status < 400 ? undefined : findHeader(head.headers, REASON_HEADER);
  return stated !== undefined && Object.hasOwn(REASONS, stated) ? (stated as ReasonCode) : '';
}

/** The status of an answer that a proxy makes itself. */
export function statusOf(reason: ReasonCode): number {
  if (reason === 'upstream_timeout') return 504;
  if (reason === 'request_timeout') return 408;
  return reason === 'upstream_reset' || reason === 'upstream_protocol' ? 502 : 503;
}
