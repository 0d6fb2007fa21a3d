/** The demo's mesh: three clusters, made, joined and serving, each step through the command line that users have. */
import { rm } from 'node:fs/promises';
import { openAdminClient, type AdminClient } from '../../mesh/adapters/admin/admin-client.ts';
import { NAMESPACE, openCluster, type DemoCluster, type Site } from './cluster.ts';
import type { Controller } from './gather.ts';
import { runIsthmus, until } from './processes.ts';

/** Where the shop runs. */
export const SITES: readonly Site[] = [
  { name: 'east', region: 'eu', zone: 'eu-1', services: ['web', 'cart', 'pricing', 'inventory'] },
  { name: 'east2', region: 'eu', zone: 'eu-2', services: ['cart', 'pricing', 'inventory', 'ledger'] },
  { name: 'west', region: 'us', zone: 'us-1', services: ['cart', 'pricing', 'inventory', 'ledger'] },
];
/** `web` is the front: it is called from outside, not from other clusters. */
export const NOT_EXPORTED = 'web';
const START_MS = 60_000;

export interface DemoMesh {
  readonly east: DemoCluster;
  readonly east2: DemoCluster;
  readonly west: DemoCluster;
  readonly all: readonly DemoCluster[];
  /** The shop's front page, outside of the mesh. */
  readonly url: string;
  stop(): Promise<void>;
}

/** `folder` is emptied first. `say` is told each step. */
export async function startMesh(folder: string, say: (step: string) => void): Promise<DemoMesh> {
  await rm(folder, { recursive: true, force: true });
  const all = await Promise.all(SITES.map((site) => openCluster(site, folder)));
  const [east, east2, west] = all as [DemoCluster, DemoCluster, DemoCluster];
  const mesh: DemoMesh = {
    ...{ east, east2, west, all, url: `http://127.0.0.1:${east.appPorts.get('web')}/` },
    async stop() {
      await Promise.all(all.map((cluster) => cluster.stop()));
    },
  };
  try {
    await foundAndJoin(mesh, say);
    await shareServices(mesh, say);
    return mesh;
  } catch (error) {
    await mesh.stop();
    throw error;
  }
}

async function foundAndJoin({ east, east2, west }: DemoMesh, say: (step: string) => void): Promise<void> {
  await east.init();
  east.up();
  await until('the gateway of east', START_MS, async () => {
    const status = await admin(east).status();
    return status.ok && status.value.clusters.some(({ self, gateways }) => self && gateways > 0)
      ? true
      : undefined;
  });
  say('east has made the mesh: root of trust, controller, gateway');
  east.startWorkloads();
  await Promise.all(
    [east2, west].map(async (cluster) => {
      const token = await runIsthmus(['--dir', east.dir, 'token', 'create', '--cluster', cluster.site.name]);
      await cluster.join(token.trim());
      cluster.up();
      cluster.startWorkloads();
      say(`${cluster.site.name} has joined with a token of east`);
    }),
  );
}

async function shareServices({ all }: DemoMesh, say: (step: string) => void): Promise<void> {
  await Promise.all(
    all.map(async (cluster) => {
      for (const service of cluster.site.services) {
        if (service !== NOT_EXPORTED) await exportService(cluster, service);
      }
    }),
  );
  say('services exported');
  await Promise.all(
    all.map((cluster) =>
      until(`${cluster.site.name} ready`, START_MS, async () =>
        (await isReady(admin(cluster), cluster.site, all.length)) ? true : undefined,
      ),
    ),
  );
}

async function exportService(cluster: DemoCluster, service: string): Promise<void> {
  const key = `${NAMESPACE}/${service}` as never;
  await until(`export of ${service} from ${cluster.site.name}`, START_MS, async () => {
    const answer = await admin(cluster).exportService(key);
    return answer.ok ? true : undefined;
  });
}

/** Every link is up, every workload of the cluster is a ready endpoint, and so are those of its peers. */
export async function isReady(
  client: AdminClient,
  { services: expected }: Pick<Site, 'services'>,
  members: number,
): Promise<boolean> {
  const [status, services] = [await client.status(), await client.services()];
  if (!status.ok || !services.ok || status.value.clusters.length < members) return false;
  const linked = status.value.clusters.every(({ self, link }) => self || link?.state === 'up');
  const own = services.value.filter(({ service }) => expected.includes(service.split('/')[1] ?? ''));
  const local = own.length === expected.length && own.every(({ ready }) => ready > 0);
  const cart = services.value.find(({ service }) => service === `${NAMESPACE}/cart`);
  const remote = cart?.remote.filter(({ ready }) => ready > 0).length === members - 1;
  return linked && local && remote;
}

/** Of the clusters that run. */
export function controllersOf({ all }: DemoMesh): readonly Controller[] {
  return all.flatMap(({ dir, site }) => {
    const client = openAdminClient(dir);
    return client.ok ? [{ cluster: site.name, client: client.value }] : [];
  });
}

/** The controller's API as it is found now: it moves when the cluster starts again. */
export function admin(cluster: DemoCluster): AdminClient {
  const opened = openAdminClient(cluster.dir);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}
