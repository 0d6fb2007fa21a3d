/**
 * No API server answers, in either cluster, for minutes; and meanwhile programs of the mesh are killed, which come back with what
 * they have kept. Only the caller's own sidecar is spared: while it is away, nothing can be asked.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { PORTS } from '../../../mesh/adapters/kubernetes/installation.ts';
import { freezeApiServer, killAll, killEach, processesInPods } from '../node-processes.ts';
import { runLoadBeside, type Load } from './load.ts';
import { SERVING, type Scene } from './stimuli.ts';

const AWAY_SECONDS = 600;
/** Of load before and after. */
const AROUND_SECONDS = 20;
const CONTROLLER_PROGRAM = 'dist/federation/main.js';
const GATEWAY_PROGRAM = 'dist/gateway/main.js';

export async function loadWithoutApiServers({ east, west }: Scene, url: string): Promise<Load> {
  const [pid = 0] = processesInPods(east, '--service caller ');
  const load = runLoadBeside(pid, url, AWAY_SECONDS + 2 * AROUND_SECONDS);
  await delay(AROUND_SECONDS * 1000);
  const thaw = [east, west].map(freezeApiServer);
  const from = performance.now();
  try {
    for (const cluster of [east, west]) killAll(cluster, CONTROLLER_PROGRAM);
    for (const cluster of [east, west]) await killEach(cluster, SERVING, PORTS.inbound);
    await killEach(west, GATEWAY_PROGRAM, PORTS.gateway);
    for (const cluster of [east, west]) killAll(cluster, CONTROLLER_PROGRAM);
    await delay(Math.max(0, AWAY_SECONDS * 1000 - (performance.now() - from)));
  } finally {
    for (const one of thaw) one();
  }
  return load;
}
