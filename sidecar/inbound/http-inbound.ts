/** HTTP connections from the mesh, admitted or not: each request is answered by the application, or refused here. */
import type { TLSSocket } from 'node:tls';
import type { SidecarContext } from '../context.ts';
import { ConnectionSet } from '../http/connection-set.ts';
import { HttpServerConnection } from '../http/server-connection.ts';
import { answerRequest, type HttpInboundStart } from './answer-request.ts';
import { openAppUpstream, type AppUpstream } from './app-upstream.ts';

export interface HttpInbound {
  serve(socket: TLSSocket, start: HttpInboundStart): void;
  tick(nowMs: number): void;
  busy(): number;
  /** Answers ask clients to close from now on. */
  drain(): void;
  stop(): void;
}

export function createHttpInbound(context: SidecarContext): HttpInbound {
  const connections = new ConnectionSet(context.settings);
  const apps = new Map<number, AppUpstream>();
  let draining = false;
  return {
    serve(socket, start) {
      const client = new HttpServerConnection(
        socket,
        {
          request(from, head) {
            const app = appAt(context, apps, start.port.appPort);
            answerRequest(context, from, { ...start, head, connections, app });
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
      for (const app of apps.values()) app.tick(nowMs);
    },
    busy: () => connections.exchanges,
    drain: () => void (draining = true),
    stop() {
      connections.stop();
      for (const app of apps.values()) app.stop();
    },
  };
}

function appAt(context: SidecarContext, apps: Map<number, AppUpstream>, port: number): AppUpstream {
  const app = apps.get(port) ?? openAppUpstream(context, port);
  apps.set(port, app);
  return app;
}
