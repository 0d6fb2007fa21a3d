import { expect, it } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { deadlineQueue } from './deadline-queue.ts';

it('each item is due once, its delay after it was added, and not when removed', () => {
  const clock = createManualClock();
  const expired: [string, number][] = [];
  const queue = deadlineQueue<string>(clock, 5_000, (item) => expired.push([item, clock.monotonic()]));
  queue.add('first');
  clock.advance(2_000);
  queue.add('second');
  queue.add('removed');
  queue.remove('removed');
  clock.advance(1_000);
  queue.add('third');
  clock.advance(10_000);
  expect(expired).toEqual([
    ['first', 5_000],
    ['second', 7_000],
    ['third', 8_000],
  ]);
  queue.add('fourth');
  clock.advance(5_000);
  expect(expired.at(-1)).toEqual(['fourth', 18_000]);
});

it('when stopped, nothing is due any more', () => {
  const clock = createManualClock();
  const expired: string[] = [];
  const queue = deadlineQueue<string>(clock, 5, (item) => expired.push(item));
  queue.add('one');
  queue.stop();
  clock.advance(100);
  expect(expired).toEqual([]);
});
