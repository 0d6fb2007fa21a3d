import { expect, it } from 'vitest';
import { compareHeld, type Held } from './compare.ts';

const held: Held = { program: 'east gateway', heapMb: 10, fds: 40, resources: 30, queued: 0 };
const grown = (after: Partial<Held>): string[] =>
  compareHeld([held], [{ ...held, ...after }])
    .filter(({ met }) => !met)
    .map(({ what }) => what);

it.each([
  [{}, []],
  [{ heapMb: 12, fds: 45, resources: 35, queued: 1 }, []],
  [{ heapMb: 12.1 }, ['heap, MB']],
  [{ fds: 46 }, ['descriptors']],
  [{ resources: 36 }, ['timers, sockets']],
  [{ queued: 2 }, ['queued']],
  [{ heapMb: 1, fds: 1, resources: 1 }, []],
])('judges %j against ten MB, 40, 30 and none: %j grew', (after, expected) => {
  expect(grown(after)).toEqual(expected);
});

it('lets a large heap grow by a tenth', () => {
  const large = { ...held, heapMb: 100 };
  expect(compareHeld([large], [{ ...large, heapMb: 110 }]).every(({ met }) => met)).toBe(true);
  expect(compareHeld([large], [{ ...large, heapMb: 111 }]).every(({ met }) => met)).toBe(false);
});

it('does not take a program that has fallen, or a figure that is missing, for one that holds nothing', () => {
  expect(compareHeld([held], []).every(({ met }) => !met)).toBe(true);
  expect(grown({ fds: Number.NaN })).toEqual(['descriptors']);
});
