import { expect, it } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { controllerTargets } from './controller-targets.ts';
import type { ControllerTargets } from './targets.ts';

const at = (port: number): ControllerTargets => ({
  federation: { host: '127.0.0.1', port },
  join: { host: '127.0.0.1', port: port + 1 },
});

it('follows a controller that moves, keeps the last place of one that is away, and reads at most twice a second', () => {
  const clock = createManualClock();
  let written: ControllerTargets | undefined;
  let reads = 0;
  const targets = controllerTargets(() => {
    reads += 1;
    return written;
  }, clock);
  expect(targets()).toBeUndefined();
  written = at(1_000);
  for (let i = 0; i < 100; i++) expect(targets()).toBeUndefined();
  expect(reads).toBe(1);
  clock.advance(500);
  expect(targets()).toEqual(at(1_000));
  written = at(2_000);
  clock.advance(500);
  expect(targets()).toEqual(at(2_000));
  written = undefined;
  clock.advance(500);
  expect(targets()).toEqual(at(2_000));
});
