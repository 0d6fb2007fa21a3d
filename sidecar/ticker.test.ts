import { describe, expect, it } from 'vitest';
import { startTicker } from './ticker.ts';

/** Ticks come when the test says so, as they do in a process that gets no processor in time. */
function clockThatStalls() {
  let now = 0;
  let tick = (): void => undefined;
  return {
    monotonic: () => now,
    every(_ms: number, run: () => void) {
      tick = run;
      return () => undefined;
    },
    tickAt(ms: number) {
      now = ms;
      tick();
    },
  };
}

describe('the ticker', () => {
  it('leaves out a tick that comes late, and no two in a row', () => {
    const clock = clockThatStalls();
    const ticks: number[] = [];
    startTicker(clock, 50).onTick((nowMs) => ticks.push(nowMs));
    for (const at of [50, 150, 400, 450, 900, 1_300, 1_350]) clock.tickAt(at);
    expect(ticks).toEqual([50, 150, 450, 1_300, 1_350]);
  });
});
