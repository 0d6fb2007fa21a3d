/** One request from the mesh: is it allowed, is it for this service, and then to the application. */
import { formatIdentity } from '../../mesh/model/identity.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { SidecarContext } from '../context.ts';
import type { RequestHead } from '../decide/http1/head.ts';
import { parseServiceHost } from '../decide/host-route.ts';
import { withoutReservedAnswer, withSource } from '../decide/own-headers.ts';
import type { ConnectionSet } from '../http/connection-set.ts';
import { Exchange } from '../http/exchange.ts';
import type { HttpServerConnection } from '../http/server-connection.ts';
import type { HopMetrics } from '../observe/request-metrics.ts';
import { traceRequest } from '../observe/trace-request.ts';
import type { Admission } from './access-gate.ts';
import type { AppUpstream } from './app-upstream.ts';
import { InboundRequest } from './inbound-request.ts';
import type { InboundPort } from './local-ports.ts';

export interface HttpInboundStart {
  readonly port: InboundPort;
  readonly admission: Admission;
  readonly hop: HopMetrics;
  closed(): void;
}

export interface Asked extends HttpInboundStart {
  readonly head: RequestHead;
  readonly connections: ConnectionSet;
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

function refuse({ workload }: SidecarContext, { admission, head, port }: Asked): Refused | undefined {
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

function report(context: SidecarContext, asked: Asked, { status, reason }: Refused): void {
  asked.hop.request(status, reason, 0);
  context.accessLog?.({
    ...{ at: context.clock.now(), reporter: 'destination', protocol: 'http', ...namesOf(context, asked) },
    ...{ method: asked.head.method, path: asked.head.target.path, status, reason, tookMs: 0 },
  });
}

function namesOf(
  { identity, workload }: SidecarContext,
  { admission, port }: Asked,
): { source: string; destination: string } {
  const destination = `${identity.id.cluster}/${workload.service}:${port.port}`;
  return { source: formatIdentity(admission.peer), destination };
}

function forward(context: SidecarContext, client: HttpServerConnection, asked: Asked): void {
  const { connections, app, hop } = asked;
  const names = namesOf(context, asked);
  const traced = traceRequest(context.tracer, asked.head, { kind: 'server', name: names.destination });
  const plan = new InboundRequest({
    ...{ context, app, hop, span: traced.span, ...names },
    request: withSource(traced.request, asked.admission.peer),
    adapt: withoutReservedAnswer,
    done: () => connections.removeExchange(exchange),
  });
  const exchange: Exchange = new Exchange(client, plan);
  connections.addExchange(exchange);
  client.serve(exchange);
  exchange.start();
}
