/**
 * `npm run scale -- [--services 1000] [--endpoints 10] [--changes 200]`: three standalone clusters of that size, each
 * importing everything of the others. Measures from a change in one cluster until a request in another is answered as
 * it says, a full resync, and the memory of the controllers. Exits 0 only when all is within the bounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable } from '../../cli/output/table.ts';
import { freePorts } from '../../examples/demo/processes.ts';
import { openScaleCluster } from './cluster.ts';
import { isWithin, quantileOf, type Figure } from './figures.ts';
import { measureChanges, measureMemory, measureResync, startMesh } from './measure.ts';
import { readProcessorTimes, spentEach, type ProcessorTimes } from './processor-time.ts';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '1000' },
    endpoints: { type: 'string', default: '10' },
    changes: { type: 'string', default: '200' },
  },
});
const size = { services: count('services', 5000), endpoints: count('endpoints', 250) };
const changes = count('changes', 10_000);

const started = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${text}`);

const folder = await mkdtemp(path.join(tmpdir(), 'isthmus-scale-'));
const guard = spawn(process.execPath, [path.join(import.meta.dirname, 'guard-child.ts'), folder], {
  ...{ detached: true, stdio: ['pipe', 'ignore', 'inherit'] },
});
const application = http.createServer((_, response) => void response.end('ok'));
await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
const [east = 0, west = 0, north = 0, upstream = 0] = await freePorts(4);
const mesh = {
  ...{ size, upstream, application: (application.address() as AddressInfo).port },
  source: openScaleCluster('east', folder, east),
  destination: openScaleCluster('west', folder, west),
  third: openScaleCluster('north', folder, north),
};
const clusters = [mesh.source, mesh.destination, mesh.third];
try {
  await startMesh(mesh, say);
  const before = await readProcessorTimes(clusters);
  const latencies = await measureChanges(mesh, changes);
  const spent = spentEach(before, await readProcessorTimes(clusters), changes);
  say(`${latencies.length} changes seen`);
  const memory = [...(await measureMemory(mesh, 'after changes'))];
  const resyncMs = await measureResync(mesh, say);
  memory.push(...(await measureMemory(mesh, 'after resync')));
  tellProcessorTimes(spent);
  process.exitCode = tell([
    { what: 'change to remote sidecar, p50', measured: quantileOf(latencies, 0.5), bound: 300, unit: 'ms' },
    { what: 'change to remote sidecar, p99', measured: quantileOf(latencies, 0.99), bound: 1000, unit: 'ms' },
    { what: 'full resync', measured: resyncMs, bound: 10_000, unit: 'ms' },
    ...memory.map(({ what, bytes }) => ({ what, measured: bytes / 2 ** 20, bound: 400, unit: 'MB' })),
  ])
    ? 0
    : 1;
} finally {
  await Promise.all(clusters.map((cluster) => cluster.stop()));
  application.close();
  application.closeAllConnections();
  guard.stdin.end();
  await once(guard, 'exit');
}

/** Without bounds: they say which program a latency comes from. */
function tellProcessorTimes(spent: ProcessorTimes): void {
  const cells = [...spent].map(([name, ms]) => [name, ms.toFixed(0)]);
  console.log(`\n${formatTable(['PROGRAM', 'MS OF PROCESSOR PER CHANGE'], cells)}`);
}

function tell(figures: readonly Figure[]): boolean {
  const cells = figures.map((figure) => [
    ...[figure.what, figure.measured.toFixed(0), String(figure.bound), figure.unit],
    isWithin(figure) ? 'met' : 'MISSED',
  ]);
  console.log(`\n${formatTable(['WHAT', 'MEASURED', 'BOUND', 'UNIT', ''], cells)}\n`);
  return figures.every(isWithin);
}

function count(name: 'services' | 'endpoints' | 'changes', most: number): number {
  const given = Number(values[name]);
  if (!Number.isInteger(given) || given < 1 || given > most)
    throw new Error(`--${name} is a whole number, 1-${most}`);
  return given;
}
