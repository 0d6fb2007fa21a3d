import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_OUTLIER,
  HEALTHY,
  isEjected,
  onFailure,
  onSuccess,
  takeTrial,
  type Outlier,
} from './outlier.ts';
import { probeDelayMs } from './probe-schedule.ts';
import {
  isSuspect,
  onByte,
  onFirstByte,
  onGivenUp,
  onSent,
  patienceMs,
  QUIET,
  suspectAt,
  type Silence,
} from './silence.ts';

const fail = (state: Outlier, nowMs: number): Outlier =>
  onFailure(state, { nowMs, jitter: 0.5, settings: DEFAULT_OUTLIER });
const failTimes = (state: Outlier, times: number, nowMs: number): Outlier =>
  Array.from({ length: times }).reduce<Outlier>((s) => fail(s, nowMs), state);

describe('outlier ejection', () => {
  it('takes five failures in a row; a success begins anew', () => {
    expect(isEjected(failTimes(HEALTHY, 4, 0), 0)).toBe(false);
    expect(isEjected(failTimes(HEALTHY, 5, 0), 999)).toBe(true);
    expect(isEjected(failTimes(onSuccess(), 4, 0), 0)).toBe(false);
  });

  it('grants one trial after the pause, and doubles the pause when that fails too, up to a minute', () => {
    let state = failTimes(HEALTHY, 5, 0);
    expect(takeTrial(state, 999).granted).toBe(false);
    const trial = takeTrial(state, 1000);
    expect([trial.granted, takeTrial(trial.state, 1000).granted]).toEqual([true, false]);
    state = fail(trial.state, 1000);
    expect([isEjected(state, 2999), isEjected(state, 3000)]).toEqual([true, false]);
    let now = 3000;
    for (let i = 0; i < 20; i++) {
      state = fail(takeTrial(state, now).state, now);
      expect((state.ejectedUntil ?? 0) - now).toBeLessThanOrEqual(60_000);
      now = state.ejectedUntil ?? 0;
    }
  });
});

describe('silence', () => {
  const answered = (tookMs: number, times: number): Silence => {
    let state = QUIET;
    for (let i = 0; i < times; i++)
      state = onFirstByte(onSent(state, i * 10_000), i * 10_000 + tookMs, tookMs);
    return state;
  };

  it('suspects what is quiet for longer than usual while something waits', () => {
    const state = onSent(answered(5, 20), 500_000);
    expect(patienceMs(state)).toBe(250);
    expect([isSuspect(state, 500_249), isSuspect(state, 500_250)]).toEqual([false, true]);
    expect(suspectAt(onGivenUp(state))).toBeUndefined();
    expect(suspectAt(answered(5, 1))).toBeUndefined();
    expect(isSuspect(onSent(QUIET, 1000), 1500)).toBe(true);
  });

  it('counts the quiet from the last byte, not from the first request', () => {
    let state = onSent(answered(5, 20), 500_000);
    for (let now = 500_100; now < 510_000; now += 100) {
      state = onByte(onSent(state, now), now);
      expect(isSuspect(state, now + 99)).toBe(false);
    }
  });

  it('is patient with a service that is merely slow', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (usualMs) => {
        const state = onSent(answered(usualMs, 40), 1e9);
        expect(isSuspect(state, 1e9 + usualMs)).toBe(false);
        expect(patienceMs(state)).toBeLessThanOrEqual(Math.max(250, 4 * usualMs));
      }),
    );
  });
});

describe('probes', () => {
  it('start after about 250 ms and slow down to about 5 s', () => {
    expect(probeDelayMs(0, 0.5)).toBe(250);
    expect(probeDelayMs(99, 0.5)).toBe(5000);
    expect(probeDelayMs(1, 0)).toBeLessThan(probeDelayMs(1, 0.99));
  });
});
