import { describe, expect, it } from 'vitest';
import { planScenario } from './plan.ts';
import { runScenario } from './run.ts';
import { shrink } from './shrink.ts';
import { CLUSTERS } from './cast.ts';
import type { Scenario } from './act.ts';

describe('a seed', () => {
  it.each([7, 19, 100, 4711])('%i takes the same way each time, bit for bit', async (seed) => {
    const first = await runScenario(planScenario(seed));
    const others = await runScenario(planScenario(seed + 1));
    const again = await runScenario(planScenario(seed));
    expect(again).toEqual(first);
    expect(others.trace).not.toBe(first.trace);
  });

  it('can be replayed from its acts as they are written down', async () => {
    const scenario = planScenario(23);
    const written = JSON.parse(JSON.stringify(scenario)) as Scenario;
    expect(await runScenario(written)).toEqual(await runScenario(scenario));
  });

  it('plans two to eight clusters, and at times more than five', () => {
    const sizes = new Set(Array.from({ length: 1000 }, (_, seed) => planScenario(seed).clusters));
    expect([...sizes].sort()).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(CLUSTERS.length);
  });
});

describe('shrinking', () => {
  it('leaves of a scenario that cannot go well the one act that spoils it', async () => {
    const scenario = planScenario(8);
    // No member of the run has this name, so the act itself throws.
    const spoilt = { at: scenario.acts[4]!.at, kind: 'crash', cluster: 'nowhere', forMs: 1 } as const;
    const acts = [...scenario.acts.slice(0, 5), spoilt, ...scenario.acts.slice(5)];
    const short = await shrink({ ...scenario, acts }, 'threw');
    expect(short.acts).toEqual([spoilt]);
  });
});
