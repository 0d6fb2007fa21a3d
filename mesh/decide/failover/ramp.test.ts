import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceRamp, type Ramp } from './ramp.ts';

const timing = { rampMs: 30_000, holdMs: 10_000, first: false };
const step = (ramp: Ramp | undefined, nowMs: number, healthy: number, first = false): Ramp =>
  advanceRamp(ramp, { ...timing, first, nowMs, healthy });

describe('advanceRamp', () => {
  it('starts full in the first view, and ramps without hold when it appears later', () => {
    expect(step(undefined, 5, 3, true).value).toBe(1);
    const late = step(undefined, 5, 3);
    expect(late.value).toBe(0);
    expect(step(late, 15_005, 3).value).toBeCloseTo(0.5, 9);
  });

  it('falls at once, holds for 10 s, then rises over 30 s', () => {
    let ramp = step(step(undefined, 0, 3, true), 1000, 0);
    expect(ramp.value).toBe(0);
    ramp = step(ramp, 2000, 1);
    ramp = step(ramp, 12_000, 1);
    expect(ramp.value).toBe(0);
    ramp = step(ramp, 27_000, 1);
    expect(ramp.value).toBeCloseTo(0.5, 9);
    expect(step(ramp, 42_000, 1).value).toBe(1);
  });

  it('begins the hold anew after each failure', () => {
    let ramp = step(step(undefined, 0, 0), 1000, 1);
    ramp = step(step(ramp, 9000, 0), 10_000, 1);
    expect(step(ramp, 19_000, 1).value).toBe(0);
  });

  it('never rises faster than 1 / rampMs, however it is stepped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 2 }))),
        (steps) => {
          let now = 0;
          let ramp = step(undefined, now, 0);
          for (const [wait, healthy] of steps) {
            now += wait;
            const next = step(ramp, now, healthy);
            expect(next.value - ramp.value).toBeLessThanOrEqual(wait / timing.rampMs + 1e-9);
            expect(next.value).toBeGreaterThanOrEqual(0);
            ramp = next;
          }
        },
      ),
    );
  });
});
