/**
 * `npm run soak -- [--minutes 10]`: three clusters under a steady load while clusters join and leave, programs die and
 * freeze, and manifests change. What lives through all of it must hold no more afterwards than before: heap, file
 * descriptors, timers and sockets, queues. Exits 0 only then.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { formatTable } from '../../cli/output/table.ts';
import { startLoad } from '../../examples/demo/load.ts';
import { startMesh } from '../../examples/demo/mesh.ts';
import { ACTS } from './acts.ts';
import { compareHeld, type Compared } from './compare.ts';
import { findPrograms, readHeld } from './held.ts';
import { INSPECTABLE } from './inspector.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 24 * 60)) throw new Error('--minutes is a number of minutes, up to 1440');

const PER_SECOND = 100;
/** Without load, for connections that are not needed any more to go: proxies keep them up to 90 s. */
const SETTLE_MS = 120_000;

const started = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${text}`);

process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} ${INSPECTABLE}`;
const folder = await mkdtemp(path.join(tmpdir(), 'isthmus-soak-'));
const mesh = await startMesh(folder, say);
try {
  await underLoad(round);
  await delay(SETTLE_MS);
  const programs = await findPrograms(mesh, folder);
  const before = await readHeld(programs);
  say(`measured ${before.length} programs at rest; acts go on for ${minutes} min`);
  await underLoad(async () => {
    const end = performance.now() + minutes * 60_000;
    while (performance.now() < end) await round();
  });
  await delay(SETTLE_MS);
  process.exitCode = tell(compareHeld(before, await readHeld(programs))) ? 0 : 1;
} finally {
  await mesh.stop();
  await rm(folder, { recursive: true, force: true });
}

async function underLoad(work: () => Promise<void>): Promise<void> {
  const load = startLoad({ url: mesh.url, perSecond: PER_SECOND, timeoutMs: 2000, warmUpMs: 5000 });
  try {
    await work();
  } finally {
    await load.stop();
    const lost = load.outcomes(0).filter(({ ok }) => !ok).length;
    say(`${load.sent()} requests; of those of the last 3 min ${lost} were lost`);
  }
}

function tell(rows: readonly Compared[]): boolean {
  const cells = rows.map(({ program, what, before, after, met }) => [
    ...[program, what, before.toFixed(1), after.toFixed(1)],
    met ? 'back' : 'GREW',
  ]);
  console.log(`\n${formatTable(['PROGRAM', 'WHAT', 'BEFORE', 'AFTER', ''], cells)}\n`);
  return rows.every(({ met }) => met);
}

/** Each act once. A fault of the harness ends the run; what the acts do to the mesh is measured. */
async function round(): Promise<void> {
  for (const { name, play } of ACTS) {
    say(name);
    await play(mesh, folder);
    await delay(2000);
  }
}
