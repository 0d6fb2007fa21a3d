import { describe, expect, it } from 'vitest';
import { clockContract } from '../../ports/clock.contract.ts';
import { createManualClock } from './manual-clock.ts';
import { systemClock } from './system-clock.ts';

clockContract('the system clock', () => ({
  clock: systemClock,
  pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}));

clockContract('the manual clock', () => {
  const clock = createManualClock();
  return {
    clock,
    pass(ms) {
      clock.advance(ms);
      return Promise.resolve();
    },
  };
});

describe('the manual clock', () => {
  it('gives each timer its own time, and runs what timers set', () => {
    const clock = createManualClock(1_000);
    const seen: number[] = [];
    clock.after(10, () => {
      seen.push(clock.now());
      clock.after(5, () => seen.push(clock.now()));
      clock.after(500, () => seen.push(clock.now()));
    });
    clock.every(4, () => seen.push(clock.now()));
    clock.advance(16);
    expect(seen).toEqual([1_004, 1_008, 1_010, 1_012, 1_015, 1_016]);
    expect(clock.now()).toBe(1_016);
    expect(clock.pending()).toBe(2);
  });

  it('lets promises settle between timers when moved asynchronously', async () => {
    const clock = createManualClock();
    const slept = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, () => resolve()));
    let at = -1;
    const work = (async (): Promise<void> => {
      await slept(10);
      await slept(10);
      at = clock.monotonic();
    })();
    await clock.advanceAsync(100);
    await work;
    expect(at).toBe(20);
  });
});
