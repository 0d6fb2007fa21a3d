import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceRamp, type Ramp } from './ramp.ts';
import { decide, group, sharesByCluster } from './testing/sample-groups.ts';

const terms = { rampMs: 30_000, holdMs: 10_000, threshold: 71.4, total: 4, first: false };
const step = (ramp: Ramp | undefined, nowMs: number, healthy: number): Ramp =>
  advanceRamp(ramp, { ...terms, nowMs, healthy });
const started = (healthy = 4): Ramp => advanceRamp(undefined, { ...terms, nowMs: 0, healthy, first: true });
/** The load of a group beside another that can take all: its part of the whole, 0-1. */
const load = ({ fraction }: Ramp): number => Math.min(1, fraction / 0.714);

describe('advanceRamp', () => {
  it('starts full in the first view, and ramps without hold when it appears later', () => {
    expect(started().value).toBe(1);
    expect(started(1).value).toBe(1);
    const late = step(undefined, 5, 4);
    expect(late.value).toBe(0);
    expect(load(step(late, 15_005, 4))).toBeCloseTo(0.5, 9);
  });

  it('falls at once, holds for 10 s, then takes on load evenly over 30 s', () => {
    let ramp = step(started(), 1000, 0);
    expect(ramp.value).toBe(0);
    ramp = step(step(ramp, 2000, 4), 12_000, 4);
    expect(ramp.value).toBe(0);
    for (const seconds of [3, 15, 27]) {
      ramp = step(ramp, 12_000 + 1000 * seconds, 4);
      expect(load(ramp)).toBeCloseTo(seconds / 30, 9);
      const shares = decide([group('east', [4, 4], { ramp: ramp.value }), group('west', [4, 4])]);
      expect(sharesByCluster(shares)['east']).toBeCloseTo((100 * seconds) / 30, 6);
    }
    expect(load(step(ramp, 41_999, 4))).toBeLessThan(1);
    expect(load(step(ramp, 42_001, 4))).toBe(1);
    expect(step(ramp, 60_000, 4).value).toBe(1);
  });

  it('begins the hold anew after each failure, so that flapping gains nothing (F8)', () => {
    let ramp = started();
    for (let now = 0; now < 300_000; now += 6000) {
      ramp = step(step(ramp, now, 0), now + 3000, 4);
      expect(ramp.value).toBe(0);
    }
  });

  it('makes nothing of a short dip: no hold, and as long a way back as it was deep', () => {
    const dipped = step(started(), 1000, 3);
    expect(dipped.value).toBe(1);
    const back = step(dipped, 2000, 4);
    expect(load(back)).toBe(1);
    expect(step(back, 13_000, 4).value).toBe(1);
  });

  it('gains nothing from time spent at its target: what comes back after a rest ramps like all else', () => {
    const rested = step(step(started(), 1000, 1), 60_000, 1);
    const back = step(rested, 90_000, 4);
    expect(back.fraction).toBe(0.25);
    expect(load(step(back, 93_000, 4))).toBeCloseTo(0.25 / 0.714 + 0.1, 9);
  });

  it('comes back slowly from a deep fall, as from a full one', () => {
    const fallen = step(started(), 1000, 1);
    const back = step(fallen, 1000, 4);
    expect(back.value * 4).toBe(1);
    expect(load(step(back, 4000, 4))).toBeCloseTo(0.25 / 0.714 + 0.1, 9);
  });

  it('is not touched by endpoints that come and go while all are healthy', () => {
    const grown = advanceRamp(started(), { ...terms, nowMs: 1000, healthy: 9, total: 9 });
    expect(grown.value).toBe(1);
    expect(advanceRamp(grown, { ...terms, nowMs: 1001, healthy: 2, total: 2 }).value).toBe(1);
  });

  it('takes on load no faster than all of it in rampMs, however it is stepped, and ends full', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 9000 }), fc.integer({ min: 0, max: 4 })));
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 100 }), (all, threshold) => {
        let now = 0;
        let ramp = step(undefined, now, 0);
        const to = (wait: number, healthy: number): Ramp =>
          advanceRamp(ramp, { ...terms, threshold, nowMs: (now += wait), healthy });
        for (const [wait, healthy] of all) {
          const next = to(wait, healthy);
          const loadOf = (of: Ramp): number => Math.min(1, (100 * of.fraction) / threshold);
          expect(loadOf(next) - loadOf(ramp)).toBeLessThanOrEqual(wait / terms.rampMs + 1e-9);
          expect(next.fraction - ramp.fraction).toBeLessThanOrEqual(wait / terms.rampMs + 1e-9);
          expect(next.value).toBeGreaterThanOrEqual(0);
          expect(next.value).toBeLessThanOrEqual(1);
          expect(next.value * healthy).toBeCloseTo(next.fraction * terms.total, 9);
          ramp = next;
        }
        ramp = to(0, 4);
        expect(to(terms.holdMs + 2 * terms.rampMs, 4).value).toBe(1);
      }),
    );
  });
});
