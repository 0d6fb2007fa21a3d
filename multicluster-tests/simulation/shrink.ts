/** Shortens a failing scenario to few acts that still fail the same way: delta debugging, then one by one. */
import type { Act, Scenario } from './act.ts';
import { runScenario } from './run.ts';

const MOST_RUNS = 600;

export async function shrink(scenario: Scenario, invariant: string): Promise<Scenario> {
  let runs = 0;
  const fails = async (acts: readonly Act[]): Promise<boolean> => {
    if (++runs > MOST_RUNS) return false;
    const { failure } = await runScenario({ ...scenario, acts });
    return failure?.invariant === invariant;
  };
  let acts = scenario.acts;
  for (let size = Math.ceil(acts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    acts = await withoutParts(acts, size, fails);
  return { ...scenario, acts: await withoutParts(acts, 1, fails) };
}

/** Takes out every run of `size` acts that the failure does not need. */
async function withoutParts(
  all: readonly Act[],
  size: number,
  fails: (acts: readonly Act[]) => Promise<boolean>,
): Promise<readonly Act[]> {
  let acts = all;
  for (let at = 0; at < acts.length;) {
    const rest = [...acts.slice(0, at), ...acts.slice(at + size)];
    if (await fails(rest)) acts = rest;
    else at += size;
  }
  return acts;
}
