import { expect, it } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { cluster, peer, peersOf } from './decide/testing/sample-state.ts';
import { openSilenceWatch } from './silence-watch.ts';

it('asks for a pass when a silence becomes too long (S52), once, and not after it was stopped', () => {
  const clock = createManualClock();
  let asked = 0;
  const watch = openSilenceWatch(clock, { boundMs: 30_000, changed: () => void (asked += 1) });
  const silent = peersOf(peer('west', [], 'stale'));
  watch.unheard(silent);
  clock.advance(10_000);
  watch.unheard(silent);
  clock.advance(19_999);
  expect(asked).toBe(0);
  clock.advance(1);
  expect(asked).toBe(1);
  expect(watch.unheard(silent)).toEqual(new Set([cluster('west')]));
  clock.advance(90_000);
  expect(asked).toBe(1);
  watch.unheard(peersOf(peer('west', [])));
  watch.unheard(silent);
  watch.stop();
  clock.advance(90_000);
  expect(asked).toBe(1);
});
