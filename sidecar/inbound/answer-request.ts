/** One request from the mesh: is it allowed, is it for this service, and then to the application. */
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { SidecarContext } from '../context.ts';
import type { RequestHead } from '../decide/http1/head.ts';
import { parseServiceHost } from '../decide/host-route.ts';
import { withSource } from '../decide/own-headers.ts';
import { Exchange } from '../http/exchange.ts';
import type { HttpServerConnection } from '../http/server-connection.ts';
import { traceRequest } from '../observe/trace-request.ts';
import type { AppUpstream } from './app-upstream.ts';
import { InboundRequest, type AskedOn } from './inbound-request.ts';

export interface Asked {
  readonly on: AskedOn;
  readonly head: RequestHead;
  readonly app: AppUpstream;
}

interface Refused {
  readonly status: number;
  readonly reason: ReasonCode;
}

export function answerRequest(context: SidecarContext, client: HttpServerConnection, asked: Asked): void {
  const refused = refuse(context, asked);
  if (refused === undefined) return forward(context, client, asked);
  client.refuse(refused.status, refused.reason);
  report(context, asked, refused);
}

function refuse({ workload }: SidecarContext, { on: { admission, port }, head }: Asked): Refused | undefined {
  const { allow, reason } = admission.verdict;
  if (!allow) return { status: 403, reason: reason === '' ? 'access_denied' : reason };
  if (head.method === 'CONNECT') return { status: 405, reason: 'request_malformed' };
  // S7: the server name chose this service; a Host that names another one must not reach the application.
  const named = parseServiceHost(head.host);
  if (named?.service !== workload.service || named.port !== port.port) {
    return { status: 421, reason: 'misdirected' };
  }
  return undefined;
}

function report(context: SidecarContext, { on, head }: Asked, { status, reason }: Refused): void {
  on.hop.request(status, reason, 0);
  context.accessLog?.({
    ...{ at: context.clock.now(), reporter: 'destination', protocol: 'http' },
    ...{ source: on.source, destination: on.destination },
    ...{ method: head.method, path: head.target.path, status, reason, tookMs: 0 },
  });
}

function forward(context: SidecarContext, client: HttpServerConnection, { on, head, app }: Asked): void {
  const { connections } = on;
  const { request, span } = traceRequest(context.tracer, head, { kind: 'server', name: on.destination });
  const plan = new InboundRequest({
    context,
    on,
    app,
    span,
    request: withSource(request, on.sourceHeaders),
    done: () => connections.removeExchange(exchange),
  });
  const exchange: Exchange = new Exchange(client, plan);
  connections.addExchange(exchange);
  client.serve(exchange);
  exchange.start();
}
