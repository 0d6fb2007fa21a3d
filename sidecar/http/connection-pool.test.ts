import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { ConnectionPool, type PoolWaiter } from './connection-pool.ts';

interface FakeConnection {
  readonly id: number;
  closed: boolean;
  isLeaving?: boolean;
  close(): void;
}

interface Waiter extends PoolWaiter<FakeConnection> {
  got?: FakeConnection;
  reused?: boolean;
  refusal?: string;
}

function setUp(limits: { maxConnections?: number; maxDials?: number; maxWaiting?: number } = {}) {
  const clock = createManualClock();
  const dials: ((result: Result<FakeConnection, Fault>) => void)[] = [];
  const made: FakeConnection[] = [];
  const pool: ConnectionPool<FakeConnection> = new ConnectionPool({
    ...{
      subject: 'target',
      clock,
      maxConnections: 2,
      maxDials: 2,
      maxWaiting: 10,
      maxIdleMs: 1000,
      ...limits,
    },
    dial: () => new Promise((resolve) => dials.push(resolve)),
  });
  const connection = (): FakeConnection => {
    const one: FakeConnection = {
      ...{ id: made.length, closed: false },
      close() {
        if (one.closed) return;
        one.closed = true;
        pool.discard(one);
      },
    };
    made.push(one);
    return one;
  };
  const wait = (): Waiter => {
    const waiter: Waiter = {
      connected(got, reused) {
        waiter.got = got;
        waiter.reused = reused;
      },
      refused: ({ code }) => void (waiter.refusal = code),
    };
    pool.acquire(waiter);
    return waiter;
  };
  const settle = async (result: Result<FakeConnection, Fault>): Promise<void> => {
    dials.shift()?.(result);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, pool, dials, wait, connection, answer: () => settle(ok(connection())), settle };
}

describe('a pool of connections', () => {
  it('hands a freed connection to who waits, before the one that is being dialled', async () => {
    const { pool, wait, answer } = setUp();
    const first = wait();
    await answer();
    const second = wait();
    pool.release(first.got!);
    expect([second.got?.id, second.reused]).toEqual([0, true]);
    await answer();
    expect([pool.openCount, pool.idleCount]).toEqual([2, 1]);
  });

  it('starts over: dials that hang neither hold places nor fail who comes after them', async () => {
    const { pool, dials, wait, answer, settle } = setUp({ maxDials: 1 });
    const before = wait();
    pool.cancel(before);
    pool.startOver();
    const after = wait();
    pool.startOver();
    expect(dials).toHaveLength(2);
    await settle(err(fault('connect_timeout', 'target', 'no connection')));
    expect(after.refusal).toBeUndefined();
    await answer();
    expect(after.got?.id).toBe(0);
  });

  it('uses the youngest, and closes what has been idle for too long', async () => {
    const { clock, pool, wait, answer } = setUp();
    const [a, b] = [wait(), wait()];
    await answer();
    await answer();
    pool.release(a.got!);
    clock.advance(600);
    pool.release(b.got!);
    expect(wait().got?.id).toBe(1);
    clock.advance(600);
    pool.sweep(clock.monotonic());
    expect([pool.openCount, pool.idleCount]).toEqual([1, 0]);
  });

  it('bounds connections and waiting, and says so', async () => {
    const { pool, dials, wait, answer } = setUp({ maxConnections: 1, maxWaiting: 2 });
    const [first, second, third] = [wait(), wait(), wait()];
    expect([dials.length, third.refusal]).toEqual([1, 'connection_cap']);
    await answer();
    expect(dials.length).toBe(0);
    first.got!.close();
    expect(dials.length).toBe(1);
    await answer();
    expect(second.got?.id).toBe(1);
    expect(pool.openCount).toBe(1);
  });

  it('dials a few at a time, and serves all who wait with what comes of it', async () => {
    const { pool, dials, wait, answer } = setUp({ maxConnections: 10, maxDials: 2 });
    const waiters = Array.from({ length: 6 }, wait);
    expect(dials.length).toBe(2);
    await answer();
    expect(dials.length).toBe(2);
    for (let i = 0; i < 5; i++) pool.release(waiters[i]!.got!);
    expect(waiters.map(({ got }) => got?.id)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('refuses one waiter for each dial that fails', async () => {
    const { wait, settle, answer } = setUp();
    const [first, second] = [wait(), wait()];
    await settle(err(fault('connect_failed', 'target', 'refused')));
    expect([first.refusal, second.refusal]).toEqual(['connect_failed', undefined]);
    await answer();
    expect(second.got?.id).toBe(0);
  });

  it('reuses nothing once it is retired: idle ones close now, busy ones when they are free', async () => {
    const { pool, wait, answer } = setUp();
    const [busy, idle] = [wait(), wait()];
    await answer();
    await answer();
    pool.release(idle.got!);
    pool.retire();
    expect([idle.got!.closed, busy.got!.closed]).toEqual([true, false]);
    pool.release(busy.got!);
    expect([busy.got!.closed, pool.openCount]).toEqual([true, 0]);
  });

  it('begins nothing on one that leaves: idle ones close at the next look or when they would be used, busy ones when they are free', async () => {
    const { clock, pool, dials, wait, answer } = setUp({ maxConnections: 3, maxDials: 3 });
    const [a, b, c] = [wait(), wait(), wait()];
    for (let i = 0; i < 3; i++) await answer();
    pool.release(a.got!);
    a.got!.isLeaving = true;
    const next = wait();
    expect([a.got!.closed, next.got, dials.length]).toEqual([true, undefined, 1]);
    await answer();
    expect(next.got?.id).toBe(3);
    b.got!.isLeaving = true;
    pool.release(b.got!);
    expect([b.got!.closed, pool.idleCount]).toEqual([true, 0]);
    pool.release(c.got!);
    c.got!.isLeaving = true;
    pool.sweep(clock.monotonic());
    expect([c.got!.closed, pool.openCount]).toEqual([true, 1]);
  });

  it('gives one that leaves to who waits, but not when it takes the last place of another one', async () => {
    const { pool, dials, wait, answer } = setUp({ maxConnections: 2 });
    const first = wait();
    await answer();
    first.got!.isLeaving = true;
    const second = wait();
    pool.release(first.got!);
    expect([second.got?.id, second.got?.closed]).toEqual([0, false]);
    await answer();
    expect(pool.openCount).toBe(2);
    wait();
    expect(pool.idleCount).toBe(0);
    const late = wait();
    expect(dials.length).toBe(0);
    pool.release(second.got!);
    expect([second.got?.closed, dials.length]).toEqual([true, 1]);
    await answer();
    expect(late.got?.id).toBe(2);
  });

  it('gives one that leaves to who waits once it is retired, full as it may be', async () => {
    const { pool, dials, wait, answer } = setUp({ maxConnections: 1 });
    const first = wait();
    await answer();
    const second = wait();
    first.got!.isLeaving = true;
    pool.retire();
    pool.release(first.got!);
    expect([second.got?.id, dials.length]).toEqual([0, 0]);
    pool.release(first.got!);
    expect(first.got!.closed).toBe(true);
  });

  it('forgets who no longer waits, and keeps the connection for the next', async () => {
    const { pool, wait, answer } = setUp();
    const gone = wait();
    pool.cancel(gone);
    await answer();
    expect([gone.got, pool.idleCount]).toEqual([undefined, 1]);
  });
});
