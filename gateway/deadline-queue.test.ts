import { expect, it } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { deadlineQueue, type Delayed } from './deadline-queue.ts';

interface Named extends Delayed {
  readonly name: string;
}

const named = (name: string): Named => ({ name });

it('each item is due once, its delay after it was added, and not when removed', () => {
  const clock = createManualClock();
  const expired: [string, number][] = [];
  const queue = deadlineQueue<Named>(clock, 5_000, ({ name }) => expired.push([name, clock.monotonic()]));
  queue.add(named('first'));
  clock.advance(2_000);
  queue.add(named('second'));
  const removed = named('removed');
  queue.add(removed);
  expect([queue.size(), queue.oldest()?.name]).toEqual([3, 'first']);
  queue.remove(removed);
  queue.remove(removed);
  expect(queue.items().map(({ name }) => name)).toEqual(['first', 'second']);
  clock.advance(1_000);
  queue.add(named('third'));
  clock.advance(10_000);
  expect(expired).toEqual([
    ['first', 5_000],
    ['second', 7_000],
    ['third', 8_000],
  ]);
  queue.add(named('fourth'));
  clock.advance(5_000);
  expect(expired.at(-1)).toEqual(['fourth', 18_000]);
});

it('when stopped, nothing is due any more', () => {
  const clock = createManualClock();
  const expired: string[] = [];
  const queue = deadlineQueue<Named>(clock, 5, ({ name }) => expired.push(name));
  queue.add(named('one'));
  queue.stop();
  queue.add(named('late'));
  clock.advance(100);
  expect(expired).toEqual([]);
});
