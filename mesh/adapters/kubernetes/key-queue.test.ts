import { describe, expect, it } from 'vitest';
import { createManualClock } from '../clock/manual-clock.ts';
import { createKeyQueue, type KeyQueueOptions } from './key-queue.ts';

/** Work that ends when the test says how. */
function held(options: Partial<KeyQueueOptions<string>> = {}) {
  const begun: string[] = [];
  const ends = new Map<string, (isDone: boolean) => void>();
  const clock = createManualClock();
  const queue = createKeyQueue<string>({
    ...{ clock, random: { next: () => 1, bytes: () => new Uint8Array() } },
    work: (key) => {
      begun.push(key);
      return new Promise((resolve) => ends.set(key, resolve));
    },
    ...options,
  });
  const end = async (key: string, isDone = true): Promise<void> => {
    ends.get(key)?.(isDone);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, begun, end, clock };
}

describe('a queue of keys', () => {
  it('runs a key that is asked for meanwhile once more, and never twice at once', async () => {
    const { queue, begun, end } = held();
    for (const key of ['a', 'a', 'b', 'a']) queue.ask(key);
    expect(begun).toEqual(['a', 'b']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'a']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'a']);
  });

  it('runs as many side by side as it may', async () => {
    const { queue, begun, end } = held({ width: 2 });
    for (const key of ['a', 'b', 'c']) queue.ask(key);
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('tries what failed again, after pauses that grow, however often it is asked for', async () => {
    const { queue, begun, end, clock } = held();
    queue.ask('a');
    for (const pauseMs of [200, 400, 800]) {
      const count = begun.length;
      await end('a', false);
      queue.ask('a');
      clock.advance(pauseMs - 1);
      expect(begun).toHaveLength(count);
      clock.advance(1);
      expect(begun).toHaveLength(count + 1);
    }
  });

  it('is settled when nothing runs and nothing waits but what has failed', async () => {
    const { queue, begun, end } = held({ width: 1 });
    for (const key of ['a', 'b']) queue.ask(key);
    let isSettled = false;
    const settled = queue.settled().then(() => (isSettled = true));
    await end('a', false);
    expect({ begun, isSettled }).toEqual({ begun: ['a', 'b'], isSettled: false });
    await end('b');
    await settled;
  });

  it('begins nothing after stop, which waits for what runs', async () => {
    const { queue, begun, end } = held();
    queue.ask('a');
    queue.ask('a');
    let isOver = false;
    const stopped = queue.stop().then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    await end('a');
    await stopped;
    queue.ask('b');
    expect(begun).toEqual(['a']);
  });
});
