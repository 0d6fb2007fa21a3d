/** `npm run simulate -- --seeds 10000`: many seeds; or one again, with its story: `--seed 4711`. */
import { parseArgs } from 'node:util';
import { planScenario } from './plan.ts';
import { runScenario, storyOf } from './run.ts';
import { shrink } from './shrink.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});

/** True when nothing was wrong. */
async function tryOne(seed: number, isTold: boolean): Promise<boolean> {
  const scenario = planScenario(seed);
  const outcome = await runScenario(scenario);
  if (outcome.failure === undefined && !isTold) return true;
  print(storyOf(scenario, outcome));
  if (outcome.failure === undefined) return true;
  const short = await shrink(scenario, outcome.failure.invariant);
  print(`\nshrunk from ${scenario.acts.length} acts:`, storyOf(short, await runScenario(short)));
  const kept = { fault: '', invariant: outcome.failure.invariant, scenario: short };
  print(`\nto keep it: ${JSON.stringify(kept)}`);
  return false;
}

async function tryMany(from: number, count: number): Promise<boolean> {
  const started = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    if (!(await tryOne(seed, false))) return false;
    const done = seed - from + 1;
    if (done % 1000 === 0 || done === count) {
      const perSecond = (1000 * done) / (performance.now() - started);
      print(`${done} seeds, ${perSecond.toFixed(0)} a second`);
    }
  }
  return true;
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

const isRight =
  values.seed === undefined
    ? await tryMany(Number(values.from), Number(values.seeds))
    : await tryOne(Number(values.seed), true);
process.exitCode = isRight ? 0 : 1;
