/** An application as an upstream: plain keep-alive connections to one of its ports. */
import { ok } from '../../mesh/kit/result.ts';
import type { SidecarContext } from '../context.ts';
import { HttpClientConnection } from '../http/client-connection.ts';
import { ConnectionPool } from '../http/connection-pool.ts';
import type { HttpTrial, Upstream } from '../http/upstream.ts';
import type { HostPort } from '../addresses.ts';
import { dialApp } from './dial-app.ts';

export interface AppUpstream extends Upstream {
  /** No connection is open to it. */
  isUnused(): boolean;
  tick(nowMs: number): void;
  stop(): void;
}

function openAppUpstream(context: SidecarContext, place: HostPort): AppUpstream {
  const { clock, settings } = context;
  const pool: ConnectionPool<HttpClientConnection> = new ConnectionPool({
    ...{ subject: `${place.host}:${place.port}`, clock, maxIdleMs: settings.appIdleMs },
    ...{
      maxConnections: settings.poolConnections,
      maxDials: settings.poolDials,
      maxWaiting: settings.poolWaiting,
    },
    dial: async () => {
      const dialled = await dialApp(place);
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
    refused: () => undefined,
    failed: () => undefined,
    cancelled: (trial) => pool.cancel(trial),
    stale: () => pool.closeIdle(),
    ended: () => undefined,
    isUnused: () => pool.isUnused,
    tick: (nowMs) => pool.sweep(nowMs),
    stop: () => pool.stop(),
  };
}

/** By place; those of pods that have gone are forgotten. */
export interface Applications {
  at(place: HostPort): AppUpstream;
  tick(nowMs: number): void;
  stop(): void;
}

export function createApplications(context: SidecarContext): Applications {
  const open = new Map<string, AppUpstream>();
  return {
    at(place) {
      const name = `${place.host} ${place.port}`;
      const app = open.get(name) ?? openAppUpstream(context, place);
      open.set(name, app);
      return app;
    },
    tick(nowMs) {
      for (const [name, app] of open) {
        app.tick(nowMs);
        if (app.isUnused()) open.delete(name);
      }
    },
    stop() {
      for (const app of open.values()) app.stop();
    },
  };
}
