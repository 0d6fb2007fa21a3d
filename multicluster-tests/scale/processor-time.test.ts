import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { processorMs, spentEach } from './processor-time.ts';

it('reads user and system time, whatever the program is called', () => {
  const stat = '42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 123 45 6 7 20 0 11 0 900 1000 200';
  expect(processorMs(stat)).toBe(1680);
});

it('agrees with what the process knows of itself', () => {
  const { user, system } = process.cpuUsage();
  const known = (user + system) / 1000;
  expect(processorMs(readFileSync('/proc/self/stat', 'utf8'))).toBeGreaterThan(known - 50);
});

it('has no figure for a program that has ended', () => {
  const spent = spentEach(
    new Map([
      ['a', 100],
      ['b', 100],
    ]),
    new Map([['a', 300]]),
    4,
  );
  expect([...spent]).toEqual([
    ['a', 50],
    ['b', Infinity],
  ]);
});
