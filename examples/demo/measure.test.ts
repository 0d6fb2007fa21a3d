import { describe, expect, it } from 'vitest';
import type { Outcome } from './load.ts';
import { measureEffect, rampMs, shareOf } from './measure.ts';

const good = (at: number, servedBy = 'east', tookMs = 5): Outcome => ({
  at,
  tookMs,
  ok: true,
  error: '',
  servedBy,
});
const bad = (at: number, tookMs = 100): Outcome => ({ at, tookMs, ok: false, error: '503', servedBy: '' });

describe('measureEffect', () => {
  it('counts requests under way at the stimulus and leaves out the ones answered before it', () => {
    const effect = measureEffect([good(900), bad(950), good(1100), bad(1200), bad(5000)], {
      at: 1000,
      until: 4000,
    });
    expect(effect).toMatchObject({ requests: 3, lost: 2, reasons: ['503'], lastFailureMs: 300 });
  });

  it('has no last failure when nothing was lost', () => {
    expect(measureEffect([good(1100)], { at: 1000, until: 4000 })).toMatchObject({
      lost: 0,
      lastFailureMs: 0,
    });
  });
});

describe('shareOf', () => {
  it('is the percent of good answers in the span', () => {
    const outcomes = [good(1, 'west'), good(2), good(3), good(4), bad(5), good(99, 'west')];
    expect(shareOf(outcomes, 'west', { at: 0, until: 10 })).toBe(25);
    expect(shareOf([], 'west', { at: 0, until: 10 })).toBe(0);
  });
});

describe('rampMs', () => {
  it('runs from the first answer of the cluster to the window that reaches the target', () => {
    const outcomes: Outcome[] = [];
    for (let at = 0; at < 40_000; at += 10) {
      const share = at < 5000 ? 0 : Math.min(0.5, ((at - 5000) / 30_000) * 0.5);
      outcomes.push(good(at, (at / 10) % 100 < share * 100 ? 'west' : 'east'));
    }
    const ramp = rampMs(outcomes, 'west', { at: 0, until: 40_000, target: 48, windowMs: 1000 });
    expect(ramp).toBeGreaterThanOrEqual(27_000);
    expect(ramp).toBeLessThan(30_500);
    expect(rampMs(outcomes, 'west', { at: 0, until: 40_000, target: 80, windowMs: 1000 })).toBeUndefined();
  });
});
