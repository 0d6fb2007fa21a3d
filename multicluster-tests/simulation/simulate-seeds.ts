/** The seeds of the test command: each a run of its own, the first that fails with its story and a shorter one. */
import { expect } from 'vitest';
import { planScenario } from './plan.ts';
import { runScenario, storyOf } from './run.ts';
import { shrink } from './shrink.ts';

export async function simulateSeeds(from: number, count: number): Promise<void> {
  for (let seed = from; seed < from + count; seed++) {
    const scenario = planScenario(seed);
    const outcome = await runScenario(scenario);
    if (outcome.failure === undefined) continue;
    const short = await shrink(scenario, outcome.failure.invariant);
    const stories = [storyOf(scenario, outcome), storyOf(short, await runScenario(short))];
    expect.fail(`${stories.join('\n\nshrunk:\n')}\n\nagain: npm run simulate -- --seed ${seed}`);
  }
}
