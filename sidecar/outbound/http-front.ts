/** HTTP clients of this machine: each request goes to the service of the listener, or to the one that its Host names. */
import type { Socket } from 'node:net';
import { LinkedList } from '../../mesh/kit/linked-list.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { Span } from '../../mesh/ports/tracing.ts';
import type { SidecarContext } from '../context.ts';
import type { RequestHead } from '../decide/http1/head.ts';
import { ConnectionSet } from '../http/connection-set.ts';
import { Exchange } from '../http/exchange.ts';
import { HttpServerConnection } from '../http/server-connection.ts';
import { traceRequest } from '../observe/trace-request.ts';
import type { Destination } from './destination.ts';
import { OutboundRequest } from './outbound-request.ts';

/** Where a request goes, and how it is sent there; or why not. */
type Routed =
  | { readonly destination: Destination; readonly request: RequestHead }
  | { readonly status: number; readonly reason: ReasonCode };

export interface HttpClientStart {
  readonly first: Buffer | undefined;
  route(head: RequestHead): Routed;
  /** Answers a CONNECT, true when it has taken the socket. Absent: refused. */
  readonly connect?: (client: HttpServerConnection, head: RequestHead, socket: Socket) => boolean;
}

export interface HttpFront {
  /** The socket is paused, allows half-open and has an `error` listener. */
  serve(socket: Socket, start: HttpClientStart): void;
  /** Keeps a byte stream in mind, so that stop() ends it; call the result when it has ended. */
  enterStream(socket: Socket): () => void;
  tick(nowMs: number): void;
  /** Requests and streams under way. */
  busy(): number;
  stop(): void;
}

export function createHttpFront(context: SidecarContext): HttpFront {
  const connections = new ConnectionSet(context.settings);
  const streams = new LinkedList<Socket>();
  const answer = (client: HttpServerConnection, routed: Routed): void => {
    if ('status' in routed) return client.refuse(routed.status, routed.reason);
    startExchange(context, client, { routed, connections });
  };
  return {
    serve(socket, { first, route, connect }) {
      const client: HttpServerConnection = new HttpServerConnection(
        socket,
        {
          request(from, head) {
            if (head.method !== 'CONNECT') answer(from, route(head));
            else if (connect === undefined) from.refuse(405, 'request_malformed');
            else if (connect(from, head, socket)) connections.removeClient(from);
          },
          malformed: () => undefined,
          isDraining: () => false,
          closed: (closed) => connections.removeClient(closed),
        },
        { nowMs: context.clock.monotonic(), first, isSidecar: false },
      );
      connections.addClient(client);
      client.start();
    },
    enterStream(socket) {
      const link = streams.add(socket);
      return () => void streams.remove(link);
    },
    tick: (nowMs) => connections.tick(nowMs),
    busy: () => connections.exchanges + streams.size,
    stop() {
      connections.stop();
      for (const socket of streams.items()) socket.destroy();
    },
  };
}

interface Start {
  readonly routed: Extract<Routed, { readonly destination: Destination }>;
  readonly connections: ConnectionSet;
}

function startExchange(context: SidecarContext, client: HttpServerConnection, start: Start): void {
  const { routed, connections } = start;
  const { destination } = routed;
  const traced = traceRequest(context.tracer, routed.request, { kind: 'client', name: destination.name });
  const span: Span | undefined = traced.span;
  const plan = new OutboundRequest({
    context,
    destination,
    span,
    request: traced.request,
    done: () => connections.removeExchange(exchange),
  });
  const exchange: Exchange = new Exchange(client, plan);
  connections.addExchange(exchange);
  client.serve(exchange);
  exchange.start();
}
