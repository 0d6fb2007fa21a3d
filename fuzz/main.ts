/**
 * `npm run fuzz -- [target] [--seconds N] [--seed N] [--keep] [--replay file]`: mutates inputs, and goes on from those
 * that reach blocks of the parser which none has reached before. Exits 1 when a property does not hold.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createSeededRandom } from '../mesh/adapters/random/seeded-random.ts';
import { keepFinding, keepInput, readCorpus } from './corpus.ts';
import { explore } from './explore.ts';
import { runCase } from './run-case.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

/** Bytes of an input that may stand in the repository. */
const MOST_KEPT = 512;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
});

const chosen = TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length === 0) {
  console.error(`no such target; the targets are ${TARGETS.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}
for (const target of chosen) {
  const failed = values.replay === undefined ? await fuzz(target) : await replay(target, values.replay);
  if (failed) process.exitCode = 1;
}

async function fuzz(target: Target): Promise<boolean> {
  const seed = Number(values.seed);
  const known = [...target.seeds(), ...readCorpus(target.name).map(({ bytes }) => bytes)];
  const seconds = Number(values.seconds) / chosen.length;
  const found = await explore(target, { known, random: createSeededRandom(seed), seconds });
  const { cases, reached, fresh, finding } = found;
  console.log(
    `${target.name}: ${cases} cases, ${reached} characters of source run, ${fresh.length} new inputs, seed ${seed}`,
  );
  if (values.keep) for (const input of fresh) if (input.length <= MOST_KEPT) keepInput(target.name, input);
  if (finding === undefined) return false;
  const small = await shrink(target, finding.input);
  const file = keepFinding(target.name, small);
  console.error(`${finding.fault}\nreplay with: npm run fuzz -- ${target.name} --replay ${file}`);
  return true;
}

async function replay(target: Target, file: string): Promise<boolean> {
  const fault = await runCase(target, readFileSync(file));
  console.log(`${target.name}: ${fault ?? 'every property holds'}`);
  return fault !== undefined;
}
