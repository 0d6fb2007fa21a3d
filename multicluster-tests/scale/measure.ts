/** What is measured at scale, over programs that run: no figure is taken from inside of them but their memory. */
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../examples/demo/processes.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ScaleCluster } from './cluster.ts';
import { exportProbe, NAMESPACE, PROBE, writeProbe, writeServices, type Size } from './manifests.ts';

export interface ScaleMesh {
  readonly size: Size;
  /** Here the changes are made. */
  readonly source: ScaleCluster;
  /** Here they are waited for. */
  readonly destination: ScaleCluster;
  readonly third: ScaleCluster;
  /** Port of the application behind the probe of the source. */
  readonly application: number;
  /** Port on which a sidecar of the destination takes requests to the probe. */
  readonly upstream: number;
}

type Say = (text: string) => void;

const START_MS = 180_000;
const SEEN_MS = 30_000;
const ASK_EVERY_MS = 5;
/** The answer is of a megabyte: asked without pause, it would be what is measured. */
const ASK_FOR_ALL_EVERY_MS = 250;
const REQUEST_MS = 2000;

export async function startMesh(mesh: ScaleMesh, say: Say): Promise<void> {
  const { source, destination, third, size } = mesh;
  await source.init();
  await prepare(source, size);
  source.up();
  await untilReachable(source);
  say('the founder serves');
  for (const cluster of [destination, third]) {
    const token = await source.admin().createToken(cluster.name as ClusterName);
    if (!token.ok) throw new Error(token.error.message);
    await cluster.join(token.value.token);
    await prepare(cluster, size);
    cluster.up();
    say(`${cluster.name} has joined`);
  }
  source.startSidecar(PROBE, ['--port', String(mesh.application)]);
  destination.startSidecar('caller', ['--upstream', `${PROBE}.${NAMESPACE}:80=${mesh.upstream}`]);
  for (const cluster of [source, destination, third]) {
    await until(`all services in ${cluster.name}`, START_MS, () => knowsAll(mesh, cluster, size.endpoints));
    await untilReachable(cluster);
    say(`${cluster.name} knows everything`);
  }
}

/** It has a gateway. */
async function untilReachable(cluster: ScaleCluster): Promise<void> {
  await until(`the gateway of ${cluster.name}`, START_MS, async () => {
    const status = await cluster.admin().status();
    const reachable = status.ok && status.value.clusters.some(({ self, gateways }) => self && gateways > 0);
    return reachable ? true : undefined;
  });
}

async function prepare(cluster: ScaleCluster, size: Size): Promise<void> {
  await writeServices(cluster.dir, cluster.name, { ...size, ready: size.endpoints });
  await writeProbe(cluster.dir);
}

/** Every service of the other clusters is known with this many ready endpoints, and their links are up. */
async function knowsAll(
  { source, destination, third, size }: ScaleMesh,
  cluster: ScaleCluster,
  ready: number,
): Promise<true | undefined> {
  const services = await cluster.admin().services();
  if (!services.ok) return undefined;
  const others = [source, destination, third].filter((other) => other !== cluster);
  const complete = others.every(({ name }) => {
    const offers = services.value.flatMap(({ remote }) => remote.filter((offer) => offer.cluster === name));
    return offers.filter((offer) => offer.ready === ready).length === size.services;
  });
  if (!complete) {
    await delay(ASK_FOR_ALL_EVERY_MS);
    return undefined;
  }
  const status = await cluster.admin().status();
  return status.ok && status.value.clusters.every(({ self, link }) => self || link?.state === 'up')
    ? true
    : undefined;
}

/** Milliseconds from the write of each change until the first request that is answered as it says. */
export async function measureChanges(mesh: ScaleMesh, changes: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (let i = 0; i < changes; i++) {
    const exported = i % 2 === 0;
    const written = performance.now();
    await exportProbe(mesh.source.dir, exported);
    while ((await isAnswered(mesh.upstream)) !== exported) {
      if (performance.now() - written > SEEN_MS) throw new Error(`change ${i} was not seen in 30 s`);
      await delay(ASK_EVERY_MS);
    }
    latencies.push(performance.now() - written);
  }
  return latencies;
}

function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ port, agent: false, timeout: REQUEST_MS }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
      response.on('error', () => resolve(false));
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve(false));
  });
}

/**
 * While the destination is away, every service of the others changes and their controllers begin a new history: nothing
 * that the destination remembers will do. Milliseconds from its start until it has everything.
 */
export async function measureResync(mesh: ScaleMesh, say: Say): Promise<number> {
  const { source, destination, third, size } = mesh;
  const others = [source, third];
  const ready = size.endpoints - 1;
  await Promise.all([source, destination, third].map((cluster) => cluster.down()));
  for (const { dir, name } of others) await writeServices(dir, name, { ...size, ready });
  for (const cluster of others) cluster.up();
  for (const cluster of others)
    await until(`${cluster.name} again`, START_MS, async () =>
      (await cluster.admin().status()).ok ? true : undefined,
    );
  say('the others serve again, with all services changed');
  const started = performance.now();
  destination.up();
  await until('full resync', START_MS, () => knowsAll(mesh, destination, ready));
  return performance.now() - started;
}

const SETTLE_MS = 10_000;

/** Since the controllers were started last. */
export async function measureMemory(
  { source, destination, third }: ScaleMesh,
  when: string,
): Promise<readonly { readonly what: string; readonly bytes: number }[]> {
  await delay(SETTLE_MS);
  const measured = [source, destination, third].map(async (cluster) => {
    const { now, peak } = await cluster.controllerMemory();
    return [
      { what: `controller of ${cluster.name} ${when}, settled`, bytes: now },
      { what: `controller of ${cluster.name} ${when}, peak`, bytes: peak },
    ];
  });
  return (await Promise.all(measured)).flat();
}
