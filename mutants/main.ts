/** `npm run test:mutants`: seeds one bug after the other and shows that exactly its tests fail. */
import { parseArgs } from 'node:util';
import { MUTANTS } from './seeded/all.ts';
import type { Mutant } from './mutant.ts';
import { formatOutcome } from './outcome.ts';
import { runMutants } from './run-mutants.ts';

const { values } = parseArgs({
  options: {
    /** Only the mutant of this name. */
    only: { type: 'string', multiple: true },
    /** All unit tests for each mutant, and every test that fails is told: minutes for each. */
    all: { type: 'boolean', default: false },
    /** Says what there is, and runs nothing. */
    list: { type: 'boolean', default: false },
  },
});

const { only } = values;
const unknown = only?.filter((wanted) => !MUTANTS.some(({ name }) => name === wanted)) ?? [];
const chosen = unknown.length > 0 ? [] : MUTANTS.filter(({ name }) => only?.includes(name) !== false);
if (unknown.length > 0) print(`no mutant is called ${unknown.join(', ')}: --list names them`);
process.exitCode = values.list ? list(chosen) : await run(chosen);

function list(mutants: readonly Mutant[]): number {
  for (const { name, guarantee, file } of mutants) print(`${name}\n  ${guarantee}\n  ${file}`);
  print(`${mutants.length} mutants`);
  return 0;
}

async function run(mutants: readonly Mutant[]): Promise<number> {
  let caught = 0;
  await runMutants(mutants, {
    everything: values.all,
    done(outcome) {
      print(formatOutcome(outcome));
      if (outcome.verdict.kind === 'caught') caught += 1;
    },
  });
  print(`${caught} caught, ${mutants.length} total`);
  return caught === mutants.length && caught > 0 ? 0 : 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
