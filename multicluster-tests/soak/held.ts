/** What running programs hold: from their own metrics, and their heap after a collection. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DemoCluster } from '../../examples/demo/cluster.ts';
import type { DemoMesh } from '../../examples/demo/mesh.ts';
import { readRunInfo } from '../../mesh/adapters/standalone/cluster-folder.ts';
import type { Held } from './compare.ts';
import { heapAfterCollection, openInspector } from './inspector.ts';

export interface RunningProgram {
  readonly name: string;
  readonly adminPort: number;
  readonly inspector: string;
}

/** Those that no act touches: all programs of east and east2. */
export async function findPrograms(mesh: DemoMesh, folder: string): Promise<readonly RunningProgram[]> {
  const found: RunningProgram[] = [];
  for (const cluster of [mesh.east, mesh.east2]) {
    for (const { name, adminPort, pid, log } of await programsOf(cluster, folder))
      found.push({ name, adminPort, inspector: await openInspector(pid, logFile(folder, log)) });
  }
  return found;
}

interface Running {
  readonly name: string;
  readonly adminPort: number;
  readonly pid: number;
  readonly log: string;
}

async function programsOf({ site, dir }: DemoCluster, folder: string): Promise<Running[]> {
  const { name } = site;
  const info = readRunInfo(dir);
  if (!info.ok) throw new Error(info.error.message);
  const gateway = await lastLine(folder, name, 'gateway starting');
  const sidecars = site.services.map(async (service) => {
    const log = `${name}-${service}`;
    const { admin, pid } = await lastLine(folder, log, 'sidecar running');
    return { name: `${name} ${service}`, adminPort: admin as number, pid, log };
  });
  return [
    { name: `${name} controller`, adminPort: info.value.admin.port, pid: info.value.pid, log: name },
    {
      name: `${name} gateway`,
      adminPort: (gateway.admin as { port: number }).port,
      pid: gateway.pid,
      log: name,
    },
    ...(await Promise.all(sidecars)),
  ];
}

/** The process of the gateway that a cluster started last. */
export async function lastGatewayPid(folder: string, cluster: string): Promise<number> {
  return (await lastLine(folder, cluster, 'gateway starting')).pid;
}

function logFile(folder: string, name: string): string {
  return path.join(folder, 'logs', `${name}.log`);
}

/** The last line of a log whose text is `message`. What programs print besides is no JSON. */
async function lastLine(
  folder: string,
  name: string,
  message: string,
): Promise<{ readonly pid: number; readonly admin?: unknown }> {
  const lines = (await readFile(logFile(folder, name), 'utf8')).split('\n');
  const last = lines.findLast((line) => line.startsWith('{') && line.endsWith('}') && line.includes(message));
  if (last === undefined) throw new Error(`${name}.log has no line "${message}"`);
  return JSON.parse(last) as { pid: number };
}

/** Requests come and go: the least over these samples is what stays. */
const SAMPLES = 20;
const EVERY_MS = 500;

export async function readHeld(programs: readonly RunningProgram[]): Promise<readonly Held[]> {
  const samples: Omit<Held, 'heapMb'>[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    for (const program of programs) samples.push(await readGauges(program));
    await delay(EVERY_MS);
  }
  const least = (name: string, figure: 'fds' | 'resources' | 'queued'): number =>
    Math.min(...samples.filter(({ program }) => program === name).map((sample) => sample[figure]));
  const held: Held[] = [];
  for (const { name, inspector } of programs) {
    const heapMb = (await heapAfterCollection(inspector)) / 1e6;
    const [fds, resources, queued] = [least(name, 'fds'), least(name, 'resources'), least(name, 'queued')];
    held.push({ program: name, heapMb, fds, resources, queued });
  }
  return held;
}

const QUEUES = /^(?:isthmus_exchange_lag_versions|isthmus_gateway_half_open_connections)(?:\{.*\})? (\S+)/gm;

async function readGauges({ name, adminPort }: RunningProgram): Promise<Omit<Held, 'heapMb'>> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const gauge = (metric: string): number => Number(new RegExp(`^${metric} (\\S+)`, 'm').exec(text)?.[1]);
  const queued = [...text.matchAll(QUEUES)].reduce((sum, match) => sum + Number(match[1]), 0);
  return {
    ...{ program: name, fds: gauge('process_open_fds'), resources: gauge('nodejs_active_resources'), queued },
  };
}
