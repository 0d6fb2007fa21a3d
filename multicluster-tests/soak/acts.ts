/** What a soak does to the mesh, in turn. East and east2 live through all of it. */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NAMESPACE, openCluster, type Site } from '../../examples/demo/cluster.ts';
import { admin, type DemoMesh } from '../../examples/demo/mesh.ts';
import { runIsthmus, until } from '../../examples/demo/processes.ts';
import { readRunInfo } from '../../mesh/adapters/standalone/cluster-folder.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { lastGatewayPid } from './held.ts';

export interface Act {
  readonly name: string;
  play(mesh: DemoMesh, folder: string): Promise<void>;
}

const SOUTH: Site = { name: 'south', region: 'af', zone: 'af-1', services: ['cart', 'pricing', 'inventory'] };
/** A gateway that is asked to stop may wait for its connections for a minute. */
const WITHIN_MS = 90_000;
const CHANGES = 50;

export const ACTS: readonly Act[] = [
  { name: 'south joins, serves, and leaves', play: joinAndLeave },
  { name: "west's cart is killed, and starts again", play: killWorkload },
  { name: "west's gateway is restarted", play: restartGateway },
  { name: "west's controller is killed, and starts again", play: killController },
  { name: 'west freezes for 3 s', play: freeze },
  { name: 'west is killed, and starts again', play: killCluster },
  { name: `${CHANGES} changes of a manifest in east`, play: changeManifests },
];

async function joinAndLeave({ east }: DemoMesh, folder: string): Promise<void> {
  const south = await openCluster(SOUTH, folder);
  try {
    const token = await runIsthmus(['--dir', east.dir, 'token', 'create', '--cluster', SOUTH.name]);
    await south.join(token.trim());
    south.up();
    south.startWorkloads();
    await until('south in east', WITHIN_MS, async () =>
      (await linkOf(east, 'south')) === 'up' ? true : undefined,
    );
    for (const service of SOUTH.services)
      await admin(south).exportService(`${NAMESPACE}/${service}` as ServiceKey);
    await delay(3000);
    await runIsthmus(['--dir', south.dir, 'leave', '--yes']);
  } finally {
    await south.stop();
    await rm(south.dir, { recursive: true, force: true });
  }
}

async function killWorkload({ west }: DemoMesh): Promise<void> {
  west.workload('cart').signal('SIGKILL');
  await delay(1000);
  west.startWorkload('cart');
}

async function restartGateway({ west }: DemoMesh, folder: string): Promise<void> {
  const before = await lastGatewayPid(folder, 'west');
  process.kill(before, 'SIGTERM');
  await until('a new gateway of west', WITHIN_MS, async () =>
    (await lastGatewayPid(folder, 'west')) === before ? undefined : true,
  );
  await until('west to take part', WITHIN_MS, async () =>
    (await admin(west).status()).ok ? true : undefined,
  );
}

async function killController({ east, west }: DemoMesh): Promise<void> {
  const info = readRunInfo(west.dir);
  if (!info.ok) throw new Error(info.error.message);
  process.kill(info.value.pid, 'SIGKILL');
  await untilWestIsBack(east, west.dir, info.value.pid);
}

async function freeze({ east, west }: DemoMesh): Promise<void> {
  west.signalAll('SIGSTOP');
  await delay(3000);
  west.signalAll('SIGCONT');
  await until('west linked', WITHIN_MS, async () =>
    (await linkOf(east, 'west')) === 'up' ? true : undefined,
  );
}

async function killCluster({ east, west }: DemoMesh): Promise<void> {
  const info = readRunInfo(west.dir);
  west.signalAll('SIGKILL');
  await delay(2000);
  west.up();
  west.startWorkloads();
  await untilWestIsBack(east, west.dir, info.ok ? info.value.pid : 0);
}

async function changeManifests({ east }: DemoMesh): Promise<void> {
  const file = path.join(east.dir, 'manifests', NAMESPACE, 'soaked.yaml');
  for (let i = 0; i < CHANGES; i++) {
    const ports = `ports: [{ port: ${8000 + i} }]`;
    await writeFile(
      file,
      `apiVersion: v1\nkind: Service\nmetadata: { name: soaked, namespace: ${NAMESPACE} }\nspec: { ${ports} }\n`,
    );
    await delay(20);
  }
  await rm(file);
}

async function untilWestIsBack(east: DemoMesh['east'], dir: string, oldPid: number): Promise<void> {
  await until('a new controller of west', WITHIN_MS, () => {
    const info = readRunInfo(dir);
    return Promise.resolve(info.ok && info.value.pid !== oldPid ? true : undefined);
  });
  await until('west linked', WITHIN_MS, async () =>
    (await linkOf(east, 'west')) === 'up' ? true : undefined,
  );
}

async function linkOf(at: DemoMesh['east'], cluster: string): Promise<string | undefined> {
  const status = await admin(at).status();
  return status.ok ? status.value.clusters.find((one) => one.cluster === cluster)?.link?.state : undefined;
}
