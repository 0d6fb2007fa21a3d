import fc from 'fast-check';
import { expect, it } from 'vitest';
import { probeDelayMs } from './probe-schedule.ts';

it.each([
  [0, 250],
  [1, 500],
  [2, 1000],
  [3, 2000],
  [4, 4000],
  [5, 5000],
  [99, 5000],
])('probe %i comes after %i ms, in the middle of its jitter', (attempt, ms) => {
  expect(probeDelayMs(attempt, 0.5)).toBe(ms);
});

it('spreads each delay over half its length, and never probes more often than at first', () => {
  const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat(), jitter, (attempt, chance) => {
      const middle = probeDelayMs(attempt, 0.5);
      expect(Math.abs(probeDelayMs(attempt, chance) - middle)).toBeLessThanOrEqual(middle / 4);
      expect(probeDelayMs(attempt, chance)).toBeGreaterThanOrEqual(187.5);
      expect(probeDelayMs(attempt + 1, chance)).toBeGreaterThanOrEqual(probeDelayMs(attempt, chance));
    }),
  );
});
