/** The part of the admin API that changes something: tokens, exports, membership. */
import { reply, type AdminContext } from './admin-context.ts';
import { createJoinToken } from './join/create-token.ts';
import { evictMember, leaveMesh } from './join/leave-mesh.ts';
import type { AdminRoute } from '../mesh/adapters/admin/admin-routes.ts';
import { forgetProxyMemories } from '../mesh/adapters/discovery/proxy-memory.ts';
import { clusterFolder } from '../mesh/adapters/standalone/cluster-folder.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { KeyStore } from '../mesh/ports/key-store.ts';
import { parseLabel, parseServiceKey, type ClusterName, type ServiceKey } from '../mesh/model/names.ts';

export function adminOrders(context: AdminContext): readonly AdminRoute[] {
  const { exchange, events, store, keys } = context;
  const post = (path: string, order: (body: Body) => Ordered): AdminRoute => ({
    ...{
      method: 'POST',
      path,
      handle: async ({ body }) => reply(await kept(await order(asBody(body)), keys)),
    },
  });
  return [
    post('/v1/tokens', (body) => createToken(body, context)),
    post('/v1/exports', (body) => withService(body['service'], (key) => exportService(key, context))),
    {
      ...{ method: 'DELETE', path: '/v1/exports/:namespace/:name' },
      handle: async ({ params }) =>
        reply(
          await withService(`${params['namespace']}/${params['name']}`, (key) => store.removeExport(key)),
        ),
    },
    post('/v1/leave', () => leave(context)),
    post('/v1/evict', (body) =>
      withCluster(body, (cluster) => {
        const evicted = evictMember({ ...context, cluster });
        if (evicted.ok) events.add(`${cluster}: evicted`);
        return evicted.ok ? ok({ cluster }) : evicted;
      }),
    ),
    post('/v1/forget', (body) => withCluster(body, (cluster) => named(cluster, exchange.forget(cluster)))),
    post('/v1/confirm', (body) =>
      withCluster(body, (cluster) => named(cluster, exchange.confirmSnapshot(cluster))),
    ),
  ];
}

type Body = Readonly<Record<string, unknown>>;
type Ordered = Result<unknown, Fault> | Promise<Result<unknown, Fault>>;

/** Nobody is told of what a crash could undo. */
async function kept(done: Result<unknown, Fault>, keys: KeyStore): Promise<Result<unknown, Fault>> {
  if (!done.ok) return done;
  const flushed = await keys.flush();
  return flushed.ok ? done : flushed;
}

function asBody(body: unknown): Body {
  return typeof body === 'object' && body !== null ? (body as Body) : {};
}

function named(cluster: ClusterName, result: Result<void, Fault>): Result<{ cluster: ClusterName }, Fault> {
  return result.ok ? ok({ cluster }) : result;
}

function withCluster(body: Body, order: (cluster: ClusterName) => Ordered): Ordered {
  const cluster = parseLabel<ClusterName>(body['cluster'], 'cluster');
  return cluster.ok ? order(cluster.value) : cluster;
}

function withService(text: unknown, order: (key: ServiceKey) => Ordered): Ordered {
  const key = parseServiceKey(typeof text === 'string' ? text : '');
  return key.ok ? order(key.value) : key;
}

function exportService(key: ServiceKey, { store }: AdminContext): Ordered {
  if (store.snapshot().services.has(key)) return store.applyExport(key);
  return err(fault('not_found', key, 'there is no Service of this name in the manifests of this cluster'));
}

function createToken(body: Body, context: AdminContext): Ordered {
  const seconds = body['ttlSeconds'];
  const isRight = seconds === undefined || (typeof seconds === 'number' && seconds >= 1 && seconds <= 900);
  if (!isRight) {
    const message = 'is not a number of seconds from 1 to 900';
    return err({ ...fault('config_invalid', 'token', message), field: 'ttlSeconds' });
  }
  const { gateways } = context.decided().own.info;
  return withCluster(body, (cluster) =>
    createJoinToken({
      ...{ ...context, cluster, gateways },
      ...(typeof seconds === 'number' ? { lifeMs: seconds * 1000 } : {}),
    }),
  );
}

/** For the answer to leave before the program ends. */
const GOODBYE_MS = 200;

async function leave(context: AdminContext): Promise<Result<unknown, Fault>> {
  const outcome = await leaveMesh(context);
  if (!outcome.ok) return outcome;
  forgetProxyMemories(clusterFolder(context.dir).state);
  context.clock.after(GOODBYE_MS, context.hasLeft);
  return outcome;
}
