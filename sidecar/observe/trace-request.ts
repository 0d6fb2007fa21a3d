/** A span for one hop of a request; what the next hop is sent names it as the parent. */
import { readTraceContext, withTraceContext } from '../../mesh/decide/trace-context.ts';
import type { Span, Tracer } from '../../mesh/ports/tracing.ts';
import type { RequestHead } from '../decide/http1/head.ts';

export interface TracedRequest {
  readonly request: RequestHead;
  readonly span: Span | undefined;
}

export interface Hop {
  readonly kind: 'client' | 'server';
  /** What is called: `<namespace>/<service>:<port>`. */
  readonly name: string;
}

/** Without an exporter, or where the caller has declined, headers pass through untouched. */
export function traceRequest(tracer: Tracer, request: RequestHead, { kind, name }: Hop): TracedRequest {
  if (!tracer.enabled) return { request, span: undefined };
  const { parent, formats, declined } = readTraceContext(request.headers);
  if (declined) return { request, span: undefined };
  const span = tracer.start(`${request.method} ${name}`, kind, parent);
  span.set({
    'http.request.method': request.method,
    'url.path': request.target.path,
    'server.address': request.host,
  });
  return { request: { ...request, headers: withTraceContext(request.headers, span.context, formats) }, span };
}
