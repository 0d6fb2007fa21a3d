import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatencyWindow } from './latency-histogram.ts';

describe('latency over the last seconds', () => {
  it('tells percentiles within a bucket of the exact ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.2, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (all) => {
          const window = createLatencyWindow();
          for (const tookMs of all) window.observe(tookMs, 5_000);
          const sorted = [...all].sort((a, b) => a - b);
          const { p50Ms, p99Ms } = window.read(5_000);
          for (const [fraction, read] of [
            [0.5, p50Ms],
            [0.99, p99Ms],
          ] as const) {
            const exact = sorted[Math.ceil(sorted.length * fraction) - 1]!;
            expect(read).toBeGreaterThanOrEqual(exact - 0.1);
            expect(read).toBeLessThanOrEqual(exact * 1.13 + 0.1);
          }
        },
      ),
    );
  });

  it('forgets what is older than ten seconds, and tells the rate', () => {
    const window = createLatencyWindow();
    for (let ms = 0; ms < 20_000; ms += 10) window.observe(ms < 10_000 ? 500 : 5, ms);
    const { rate, p99Ms } = window.read(20_000);
    expect(rate).toBeGreaterThan(95);
    expect(rate).toBeLessThan(105);
    expect(p99Ms).toBeLessThan(6);
    expect(window.read(40_000)).toEqual({ rate: 0, p50Ms: 0, p99Ms: 0 });
  });
});
