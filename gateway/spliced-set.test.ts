import { describe, expect, it } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { SlotList } from '../mesh/kit/slot-list.ts';
import { closeSpread, type Spliced } from './spliced-set.ts';

function setUp(count: number) {
  const clock = createManualClock();
  const open = new SlotList<Spliced>();
  const closedAt: number[] = [];
  const add = (): Spliced => {
    const one: Spliced = {
      slot: -1,
      isControl: false,
      awaitsAnswer: false,
      moved: false,
      keepAlive: () => undefined,
      close: () => {
        if (open.remove(one)) closedAt.push(clock.monotonic());
      },
      destroy: () => void open.remove(one),
    };
    open.add(one);
    return one;
  };
  const all = Array.from({ length: count }, add);
  let drawn = 0;
  const random = { next: () => (drawn++ % count) / count, bytes: () => new Uint8Array() };
  const abort = new AbortController();
  const options = { open, clock, random, signal: abort.signal, settings: { spreadMs: 10_000 } };
  return { clock, open, closedAt, all, abort, options };
}

describe('closing what is left', () => {
  it('is spread evenly over the time given', async () => {
    const { clock, closedAt, options } = setUp(100);
    const done = closeSpread(options);
    clock.advance(10_000);
    await done;
    expect(closedAt.length).toBe(100);
    for (let from = 0; from < 10_000; from += 1_000) {
      const inWindow = closedAt.filter((at) => at > from && at <= from + 1_000).length;
      expect(inWindow).toBeGreaterThanOrEqual(9);
      expect(inWindow).toBeLessThanOrEqual(11);
    }
  });

  it('waits for a busy connection to be quiet, at most to the end', async () => {
    const { clock, open, all, options } = setUp(3);
    const [waiting, busy] = all as [Spliced, Spliced];
    waiting.awaitsAnswer = true;
    const done = closeSpread(options);
    for (let at = 0; at < 9_000; at += 50) {
      busy.moved = true;
      clock.advance(50);
    }
    expect(new Set(open.items())).toEqual(new Set([waiting, busy]));
    clock.advance(300);
    expect(open.items()).toEqual([waiting]);
    clock.advance(1_000);
    await done;
    expect(open.items()).toEqual([]);
  });

  it('ends where it is when told to stop', async () => {
    const { open, abort, options } = setUp(3);
    const done = closeSpread(options);
    abort.abort();
    await done;
    expect(open.size).toBe(3);
  });
});
