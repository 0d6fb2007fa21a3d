/** HTTP connections from the mesh, admitted or not: each request is answered by the application, or refused here. */
import { formatIdentity } from '../../mesh/model/identity.ts';
import type { SidecarContext } from '../context.ts';
import { serviceHost } from '../decide/host-route.ts';
import { sourceHeaders } from '../decide/own-headers.ts';
import { ConnectionSet } from '../http/connection-set.ts';
import type { ExchangeSettings } from '../http/exchange-plan.ts';
import { HttpServerConnection } from '../http/server-connection.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import { answerRequest } from './answer-request.ts';
import { createApplications } from './app-upstream.ts';
import type { AskedOn, HttpInboundStart } from './inbound-request.ts';

export interface HttpInbound {
  serve(stream: ByteStream, start: HttpInboundStart): void;
  /** Connections that are open. */
  clients(): number;
  tick(nowMs: number): void;
  busy(): number;
  /** Answers ask clients to close from now on. */
  drain(): void;
  stop(): void;
}

export function createHttpInbound(context: SidecarContext): HttpInbound {
  const connections = new ConnectionSet(context.settings);
  const apps = createApplications(context);
  let draining = false;
  const settings = appSettings(context);
  return {
    serve(stream, start) {
      const on: AskedOn = { ...start, ...namesOf(context, start), connections, settings };
      const client = new HttpServerConnection(
        stream,
        {
          request(from, head) {
            const place = start.port.application();
            const app = place === undefined ? undefined : apps.at(place);
            answerRequest(context, from, { on, head, app });
          },
          malformed: ({ status, code }) => start.hop.request(status, code, 0),
          isDraining: () => draining,
          closed(closed) {
            connections.removeClient(closed);
            start.closed();
          },
        },
        { nowMs: context.clock.monotonic(), isSidecar: true },
      );
      connections.addClient(client);
      client.start();
    },
    tick(nowMs) {
      connections.tick(nowMs);
      apps.tick(nowMs);
    },
    ...{ clients: () => connections.clients, busy: () => connections.exchanges + connections.unsent() },
    drain: () => void (draining = true),
    stop() {
      connections.stop();
      apps.stop();
    },
  };
}

/** Two tries: a kept connection to the application may turn out to be closed. How long it may take is the caller's to say. */
function appSettings({ settings }: SidecarContext): ExchangeSettings {
  return { ...settings, maxTries: 2, perTryTimeoutMs: Infinity, requestTimeoutMs: Infinity };
}

function namesOf(
  { identity }: SidecarContext,
  { admission: { peer }, port }: HttpInboundStart,
): Pick<AskedOn, 'source' | 'destination' | 'sourceHeaders' | 'host'> {
  const destination = `${identity.id.cluster}/${port.service}:${port.port}`;
  const host = serviceHost({ service: port.service, port: port.port });
  return { source: formatIdentity(peer), destination, sourceHeaders: sourceHeaders(peer), host };
}
