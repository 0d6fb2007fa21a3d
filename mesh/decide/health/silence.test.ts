import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

/** After these answers, one after the other, each `tookMs` after its request. */
function answered(...tookMs: readonly number[]): Silence {
  return tookMs.reduce(
    (state, took, i) => onFirstByte(onSent(state, i * 10_000), i * 10_000 + took, took),
    QUIET,
  );
}
const times = (count: number, value: number): number[] => Array.from({ length: count }, () => value);

describe('silence', () => {
  it('suspects what is quiet for longer than usual while something waits', () => {
    const state = onSent(answered(...times(20, 5)), 500_000);
    expect(patienceMs(state)).toBe(250);
    expect([isSuspect(state, 500_249), isSuspect(state, 500_250)]).toEqual([false, true]);
  });

  it('gives 500 ms to what has not answered yet', () => {
    expect(suspectAt(onSent(QUIET, 1000))).toBe(1500);
  });

  it('suspects nobody while nothing waits', () => {
    expect(suspectAt(QUIET)).toBeUndefined();
    expect(suspectAt(answered(5))).toBeUndefined();
    expect(suspectAt(onGivenUp(onSent(QUIET, 0)))).toBeUndefined();
    expect(onGivenUp(QUIET).waiting).toBe(0);
  });

  it('counts the quiet from the last byte of any request, or from the first that waits', () => {
    let state = onSent(answered(...times(20, 5)), 500_000);
    expect(suspectAt(onSent(state, 500_100))).toBe(500_250);
    for (let now = 500_100; now < 510_000; now += 100) {
      state = onByte(onSent(state, now), now);
      expect(isSuspect(state, now + 99)).toBe(false);
    }
  });

  it('keeps suspecting while one of several that waited is given up', () => {
    const state = onGivenUp(onSent(onSent(answered(5), 0), 0));
    expect(isSuspect(state, 250)).toBe(true);
  });

  it('is patient with a service that is merely slow: its usual time never makes it suspect', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (usualMs) => {
        const state = onSent(answered(...times(40, usualMs)), 1e9);
        expect(isSuspect(state, 1e9 + usualMs)).toBe(false);
        expect(patienceMs(state)).toBeLessThanOrEqual(Math.max(250, 4 * usualMs));
      }),
    );
  });

  it('learns: when a service slows down, it is trusted after a few answers; when it is fast again, too', () => {
    const slowed = answered(...times(50, 5), ...times(6, 800));
    expect(patienceMs(slowed)).toBeGreaterThan(800);
    expect(patienceMs(answered(...times(6, 800), ...times(50, 5)))).toBe(250);
  });

  it('bears times that vary: of answers between 10 and 500 ms, none comes after patience ended', () => {
    const took = fc.integer({ min: 10, max: 500 });
    fc.assert(
      fc.property(fc.array(took, { minLength: 30, maxLength: 60 }), (all) => {
        const spread = [
          ...Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 10 : 500)),
          ...all.slice(0, 3),
        ];
        expect(isSuspect(onSent(answered(...spread), 1e9), 1e9 + 500)).toBe(false);
      }),
    );
  });

  it('never falls below the floor, never counts below zero, and only ever looks forward', () => {
    const event = fc.tuple(fc.constantFrom('sent', 'first', 'byte', 'gone'), fc.nat(2000));
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let [state, now, waiting] = [QUIET, 0, 0];
        for (const [what, wait] of events) {
          now += wait;
          if (what === 'sent') [state, waiting] = [onSent(state, now), waiting + 1];
          if (what === 'first') [state, waiting] = [onFirstByte(state, now, wait), Math.max(0, waiting - 1)];
          if (what === 'byte') state = onByte(state, now);
          if (what === 'gone') [state, waiting] = [onGivenUp(state), Math.max(0, waiting - 1)];
          expect(state.waiting).toBe(waiting);
          expect(patienceMs(state)).toBeGreaterThanOrEqual(250);
          expect(suspectAt(state) === undefined).toBe(waiting === 0);
          if (what === 'first' || what === 'byte') expect(isSuspect(state, now)).toBe(false);
        }
      }),
    );
  });
});
