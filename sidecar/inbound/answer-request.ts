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
  /** Absent: nobody answers for the service now. */
  readonly app: AppUpstream | undefined;
}

interface Refused {
  readonly status: number;
  readonly reason: ReasonCode;
}

export function answerRequest(context: SidecarContext, client: HttpServerConnection, asked: Asked): void {
  const decided = decide(asked);
  if ('app' in decided) return forward(context, client, { ...asked, ...decided });
  client.refuse(decided.status, decided.reason);
  report(context, asked, decided);
}

function decide({
  on: { admission, port, host },
  head,
  app,
}: Asked): Refused | { readonly app: AppUpstream } {
  const { allow, reason } = admission.verdict;
  if (!allow) return { status: 403, reason: reason === '' ? 'access_denied' : reason };
  if (head.method === 'CONNECT') return { status: 405, reason: 'request_malformed' };
  // S7: the server name chose this service; a Host that names another one must not reach the application.
  if (head.host !== host) {
    const named = parseServiceHost(head.host);
    if (named?.service !== port.service || named.port !== port.port) {
      return { status: 421, reason: 'misdirected' };
    }
  }
  return app === undefined ? { status: 503, reason: 'application_unreachable' } : { app };
}

function report(context: SidecarContext, { on, head }: Asked, { status, reason }: Refused): void {
  on.hop.request(status, reason, 0);
  context.accessLog?.({
    ...{ at: context.clock.now(), reporter: 'destination', protocol: 'http' },
    ...{ source: on.source, destination: on.destination },
    ...{ method: head.method, path: head.target.path, status, reason, tookMs: 0 },
  });
}

function forward(
  context: SidecarContext,
  client: HttpServerConnection,
  { on, head, app }: Asked & { readonly app: AppUpstream },
): void {
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
