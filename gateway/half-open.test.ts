import { describe, expect, it } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { halfOpenPool, type HalfOpenPool, type Waiting } from './half-open.ts';

const LIMITS = { helloDeadlineMs: 5_000, maxHalfOpen: 6, maxHalfOpenPerSource: 3 };

function setUp() {
  const clock = createManualClock();
  const pool: HalfOpenPool = halfOpenPool(clock, LIMITS);
  const ends: string[] = [];
  const enter = (name: string, source: string): Waiting => {
    const waiting: Waiting = { source, expel: (reason) => void ends.push(`${name} ${reason}`) };
    pool.add(waiting);
    return waiting;
  };
  return { clock, pool, ends, enter };
}

describe('the pool of half-open connections', () => {
  it('ends what is not routed 5 s after accept, whatever came meanwhile', () => {
    const { clock, pool, ends, enter } = setUp();
    enter('slow', 'a');
    clock.advance(4_000);
    pool.remove(enter('quick', 'a'));
    clock.advance(999);
    expect(ends).toEqual([]);
    clock.advance(1);
    expect(ends).toEqual(['slow hello_timeout']);
    clock.advance(10_000);
    expect(ends).toEqual(['slow hello_timeout']);
    expect(pool.size()).toBe(0);
  });

  it('over the cap of one source ends the oldest of that source only', () => {
    const { pool, ends, enter } = setUp();
    enter('other', 'b');
    for (const name of ['1', '2', '3', '4']) enter(name, 'a');
    expect(ends).toEqual(['1 hello_half_open_cap']);
    expect(pool.size()).toBe(4);
  });

  it('over the cap in all ends the oldest, so that a newcomer always gets in', () => {
    const { pool, ends, enter } = setUp();
    for (const source of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) enter(source, source);
    expect(ends).toEqual(['a hello_half_open_cap', 'b hello_half_open_cap']);
    expect(pool.size()).toBe(6);
  });

  it('frees the place of one that left', () => {
    const { ends, enter, pool } = setUp();
    for (let i = 0; i < 20; i++) pool.remove(enter(`${i}`, 'a'));
    expect(ends).toEqual([]);
  });

  it('when stopped, ends all of them', () => {
    const { ends, enter, pool } = setUp();
    enter('1', 'a');
    enter('2', 'b');
    pool.stop();
    expect(ends).toEqual(['1 draining', '2 draining']);
    expect(pool.size()).toBe(0);
  });
});
