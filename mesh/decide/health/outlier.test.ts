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

const settings = DEFAULT_OUTLIER;
const fail = (state: Outlier, nowMs: number, jitter = 0.5): Outlier =>
  onFailure(state, { nowMs, jitter, settings });
const failTimes = (state: Outlier, times: number, nowMs: number): Outlier =>
  Array.from({ length: times }).reduce<Outlier>((s) => fail(s, nowMs), state);

describe('outlier ejection', () => {
  it('takes five failures in a row; a success begins anew', () => {
    expect(isEjected(failTimes(HEALTHY, 4, 0), 0)).toBe(false);
    expect(isEjected(failTimes(HEALTHY, 5, 0), 999)).toBe(true);
    expect(isEjected(failTimes(onSuccess(), 4, 0), 0)).toBe(false);
  });

  it.each([
    [0, 750],
    [0.5, 1000],
    [0.999, 1249.5],
  ])('ends the first pause, with jitter %d, after %d ms', (jitter, ms) => {
    expect(fail(failTimes(HEALTHY, 4, 0), 0, jitter).ejectedUntil).toBeCloseTo(ms, 9);
  });

  it('grants one trial after the pause, and doubles the pause when that fails too, up to a minute', () => {
    let state = failTimes(HEALTHY, 5, 0);
    expect(takeTrial(state, 999).granted).toBe(false);
    const trial = takeTrial(state, 1000);
    expect([trial.granted, takeTrial(trial.state, 1000).granted]).toEqual([true, false]);
    const pauses: number[] = [];
    for (let now = 1000, i = 0; i < 8; i++, now = state.ejectedUntil ?? 0) {
      state = fail(takeTrial(state, now).state, now);
      pauses.push((state.ejectedUntil ?? 0) - now);
    }
    expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('does not stretch the pause by what still fails from before it', () => {
    const state = failTimes(HEALTHY, 5, 0);
    expect(failTimes(state, 100, 500)).toEqual(state);
  });

  it('lets a trial that succeeds end it all', () => {
    const { granted, state } = takeTrial(HEALTHY, 0);
    expect([granted, state]).toEqual([true, HEALTHY]);
    expect(onSuccess()).toEqual(HEALTHY);
  });

  it('never grants two trials at once, nor one during a pause, nor a pause over 75 s', () => {
    const event = fc.record({
      what: fc.constantFrom('fail', 'success', 'try'),
      wait: fc.constantFrom(0, 10, 800, 5000, 90_000),
      jitter: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let [state, now, inRow]: [Outlier, number, number] = [HEALTHY, 0, 0];
        for (const { what, wait, jitter } of events) {
          now += wait;
          const before = state;
          if (what === 'try') {
            const taken = takeTrial(state, now);
            if (before.trial === true || isEjected(before, now)) expect(taken.granted).toBe(false);
            else expect(taken.granted).toBe(true);
            state = taken.state;
          } else {
            inRow = what === 'fail' ? inRow + 1 : 0;
            state = what === 'fail' ? fail(state, now, jitter) : onSuccess();
          }
          expect((state.ejectedUntil ?? now) - now).toBeLessThanOrEqual(75_000);
          if (inRow < settings.failures) expect(state.ejectedUntil).toBeUndefined();
        }
      }),
    );
  });
});
