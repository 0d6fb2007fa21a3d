/** The application as an upstream: plain keep-alive connections to one of its ports. */
import { ok } from '../../mesh/kit/result.ts';
import type { SidecarContext } from '../context.ts';
import { HttpClientConnection } from '../http/client-connection.ts';
import { ConnectionPool } from '../http/connection-pool.ts';
import type { HttpTrial, Upstream } from '../http/upstream.ts';
import { dialApp } from './dial-app.ts';

export interface AppUpstream extends Upstream {
  tick(nowMs: number): void;
  stop(): void;
}

export function openAppUpstream(context: SidecarContext, port: number): AppUpstream {
  const { clock, settings } = context;
  const pool: ConnectionPool<HttpClientConnection> = new ConnectionPool({
    ...{ subject: `127.0.0.1:${port}`, clock, maxIdleMs: settings.appIdleMs },
    ...{
      maxConnections: settings.poolConnections,
      maxDials: settings.poolDials,
      maxWaiting: settings.poolWaiting,
    },
    dial: async () => {
      const dialled = await dialApp(port);
      if (!dialled.ok) return dialled;
      return ok(
        new HttpClientConnection(dialled.value, {
          heard: () => undefined,
          free: (connection) => pool.release(connection),
          closed: (connection) => pool.discard(connection),
        }),
      );
    },
  });
  return {
    cluster: context.identity.id.cluster,
    acquire: (trial: HttpTrial) => pool.acquire(trial),
    answered: () => undefined,
    failed: () => undefined,
    cancelled: (trial) => pool.cancel(trial),
    stale: () => pool.closeIdle(),
    ended: () => undefined,
    tick: (nowMs) => pool.sweep(nowMs),
    stop: () => pool.stop(),
  };
}
