/** A clock that tests and simulation move by hand. */
import type { Clock } from '../../ports/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on, running what falls due in order of time, then of registration. */
  advance(ms: number): void;
}

interface Timer {
  at: number;
  readonly id: number;
  readonly periodMs: number | undefined;
  readonly run: () => void;
}

export function createManualClock(startMs = 1_700_000_000_000): ManualClock {
  const timers = new Set<Timer>();
  let elapsed = 0;
  let ids = 0;
  const add = (delayMs: number, periodMs: number | undefined, run: () => void): (() => void) => {
    const timer = { at: elapsed + Math.max(0, delayMs), id: ids++, periodMs, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const nextDue = (until: number): Timer | undefined =>
    [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at || a.id - b.id)[0];
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    after: (delayMs, run) => add(delayMs, undefined, run),
    every: (periodMs, run) => add(periodMs, Math.max(1, periodMs), run),
    advance(ms) {
      const until = elapsed + ms;
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        elapsed = due.at;
        if (due.periodMs === undefined) timers.delete(due);
        else due.at += due.periodMs;
        due.run();
      }
      elapsed = until;
    },
  };
}
