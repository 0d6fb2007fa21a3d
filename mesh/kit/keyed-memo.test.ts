import { expect, it } from 'vitest';
import { createKeyedMemo } from './keyed-memo.ts';

const anew = (): object => ({});

it('makes a result once for each key as long as all it is given is the very same', () => {
  const memo = createKeyedMemo<string, object, object>();
  const shared = { deep: { deeper: { deepest: 1 } } };
  const [first, other] = ((recall) => [
    recall('k', { shared, n: 1 }, anew),
    recall('other', { shared, n: 1 }, anew),
  ])(memo.round());
  expect(other).not.toBe(first);
  expect(memo.round()('k', { shared, n: 1 }, anew)).toBe(first);
  expect(memo.round()('k', { shared: structuredClone(shared), n: 1 }, anew)).not.toBe(first);
});

it('sees a list of the same members as the same, and no other', () => {
  const memo = createKeyedMemo<string, object, object>();
  const [a, b] = [new Set([1]), new Set([2])];
  const first = memo.round()('k', { list: [{ of: a }] }, anew);
  expect(memo.round()('k', { list: [{ of: a }] }, anew)).toBe(first);
  const second = memo.round()('k', { list: [{ of: b }] }, anew);
  expect(second).not.toBe(first);
  expect(memo.round()('k', { list: [{ of: b }, { of: a }] }, anew)).not.toBe(second);
});

it('takes maps and sets for the same by reference only', () => {
  const memo = createKeyedMemo<string, object, object>();
  const first = memo.round()('k', { names: new Set(['a']) }, anew);
  expect(memo.round()('k', { names: new Set(['b']) }, anew)).not.toBe(first);
});

it('tells a field that is absent from one that is undefined', () => {
  const memo = createKeyedMemo<string, object, object>();
  const first = memo.round()('k', { a: undefined }, anew);
  expect(memo.round()('k', { b: undefined }, anew)).not.toBe(first);
});

it('forgets what was not asked for in the last round', () => {
  const memo = createKeyedMemo<string, object, object>();
  const inputs = {};
  const first = memo.round()('k', inputs, anew);
  memo.round()('other', inputs, anew);
  expect(memo.round()('k', inputs, anew)).not.toBe(first);
});
