/** Scenarios that once failed, shrunk: each line of cases.jsonl names the fault that was in the product then. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Scenario } from '../act.ts';
import { runScenario, storyOf } from '../run.ts';

interface Kept {
  readonly fault: string;
  /** What it broke. */
  readonly invariant: string;
  readonly scenario: Scenario;
}

const cases = readFileSync(new URL('cases.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Kept);

it.each(cases)('$invariant holds where once $fault', async ({ scenario }) => {
  const outcome = await runScenario(scenario);
  expect(outcome.failure, storyOf(scenario, outcome)).toBeUndefined();
});
