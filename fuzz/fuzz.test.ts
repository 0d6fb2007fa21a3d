/** Every target on its seeds, its corpus and a fixed number of changed inputs. FUZZ_SEED changes the changes. */
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../mesh/adapters/random/seeded-random.ts';
import { readCorpus } from './corpus.ts';
import { mutate } from './mutate.ts';
import { runCase } from './run-case.ts';
import { TARGETS } from './targets.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 1);

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (name, target) => {
  const corpus = readCorpus(name);
  const known = [...target.seeds(), ...corpus.map(({ bytes }) => bytes)];

  it('holds its properties on what is known', async () => {
    for (const input of known) expect(await runCase(target, input), shown(input)).toBeUndefined();
  });

  it(
    `holds its properties on ${target.cases} changed inputs of seed ${seed}`,
    { timeout: 120_000 },
    async () => {
      const random = createSeededRandom(seed);
      for (let i = 0; i < target.cases; i++) {
        const input = mutate(target, known, random);
        const fault = await runCase(target, input);
        if (fault !== undefined) expect.fail(`case ${i}: ${fault}\n${shown(input)}`);
      }
    },
  );
});

function shown(input: Uint8Array): string {
  return `input in base64: ${Buffer.from(input).toString('base64').slice(0, 4_000)}`;
}
