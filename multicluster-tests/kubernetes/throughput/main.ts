/**
 * `npm run throughput`: what pods get through sidecars and gateways on two real clusters of the same ranges, with wrk over
 * 32 connections against a Node application: in the other cluster, and in their own, in turn. Connections are captured, as
 * those of any application are. It makes its own ground, and removes it. `-- --beside <ground>` measures another mesh in
 * turn with it, and leaves its ground as it is.
 */
import { parseArgs } from 'node:util';
import { formatTable } from '../../../cli/output/table.ts';
import { until } from '../../../examples/demo/processes.ts';
import { medianRatio, spreadOf } from '../../../mesh/kit/statistics.ts';
import { bundle } from '../../../scripts/bundle.ts';
import { missingParts } from '../missing-parts.ts';
import { tearDown } from '../tear-down.ts';
import { callerOf, callerPid, PATHS, type MeasuredPath } from './application.ts';
import { findPeer, raiseIsthmus, type Mesh } from './meshes.ts';
import { runWrk, type Measured } from './wrk.ts';

const NAME = `throughput${process.env['ISTHMUS_TEST_GROUND'] ?? ''}`;
const ROUNDS = 5;
const WARM_UP_SECONDS = 5;
const SECONDS = 10;
const SOON_MS = 60_000;
const FIGURES: readonly { name: string; digits: number; of: (seen: Measured) => number }[] = [
  { name: 'requests/s', digits: 0, of: ({ perSecond }) => perSecond },
  { name: 'p50, ms', digits: 1, of: ({ p50Ms }) => p50Ms },
  { name: 'p99, ms', digits: 1, of: ({ p99Ms }) => p99Ms },
];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The name of a ground. */
const { beside } = parseArgs({ options: { beside: { type: 'string' } } }).values;

const missing = await missingParts();
if (missing.length > 0) {
  for (const part of missing) process.stderr.write(`missing: ${part}\n`);
  process.exit(1);
}
await bundle();
try {
  const peers = beside === undefined ? [] : [await findPeer(beside)];
  const meshes = [await raiseIsthmus(NAME, say), ...peers];
  const seen = await measure(meshes);
  say(
    formatTable(
      ['MESH', 'PATH', 'ROUND', 'REQUESTS/S', 'P50 MS', 'P99 MS', 'CPU US', 'LOAD'],
      seen.map(cells),
    ),
  );
  say(
    formatTable(
      ['PATH', 'MEDIAN', 'ISTHMUS', (beside ?? 'peer').toUpperCase(), 'RATIO'],
      summary(seen, meshes),
    ),
  );
} finally {
  await tearDown(NAME);
}

interface Seen extends Measured {
  readonly mesh: string;
  readonly path: MeasuredPath;
  readonly round: number;
}

async function measure(meshes: readonly Mesh[]): Promise<readonly Seen[]> {
  const ways = PATHS.flatMap((path) => meshes.map((mesh) => ({ mesh, path })));
  for (const { mesh, path } of ways)
    await until(`a load over the ${path} of ${mesh.name} without a failure`, SOON_MS, () =>
      load(mesh, path, WARM_UP_SECONDS).catch(() => undefined),
    );
  const seen: Seen[] = [];
  for (let round = 1; round <= ROUNDS; round++)
    for (const { mesh, path } of ways)
      seen.push({ mesh: mesh.name, path, round, ...(await load(mesh, path, SECONDS)) });
  return seen;
}

async function load(mesh: Mesh, path: MeasuredPath, seconds: number): Promise<Measured> {
  const cluster = callerOf(mesh.ground, path);
  const { ip, host } = await mesh.target(cluster);
  return runWrk(callerPid(cluster), { seconds, url: `http://${ip}/`, host });
}

function cells({ mesh, path, round, ...measured }: Seen): readonly string[] {
  const { perSecond, p50Ms, p99Ms, cpuMicrosPerRequest, loadBefore } = measured;
  const latencies = [p50Ms, p99Ms].map((ms) => ms.toFixed(1));
  const rest = [perSecond.toFixed(0), ...latencies, cpuMicrosPerRequest.toFixed(0), loadBefore.toFixed(1)];
  return [mesh, path, `${round}`, ...rest];
}

/** Medians over all rounds, and of the ratios of this mesh to the peer in each round. */
function summary(seen: readonly Seen[], [own, peer]: readonly Mesh[]): (readonly string[])[] {
  return PATHS.flatMap((path) =>
    FIGURES.map(({ name, digits, of }) => {
      const valuesOf = (mesh?: Mesh): readonly number[] =>
        seen.filter((one) => one.path === path && one.mesh === mesh?.name).map(of);
      const [ours, theirs] = [valuesOf(own), valuesOf(peer)];
      const numbers = [spreadOf(ours)?.median.toFixed(digits), spreadOf(theirs)?.median.toFixed(digits)];
      return [path, name, ...[...numbers, medianRatio(ours, theirs)?.toFixed(2)].map((text) => text ?? '-')];
    }),
  );
}
