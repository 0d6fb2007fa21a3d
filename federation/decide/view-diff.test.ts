import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isChange, settle } from './view-diff.ts';

const anyMap = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.record({ n: fc.nat(2), list: fc.array(fc.nat(1), { maxLength: 2 }) }),
    ),
  )
  .map((entries) => new Map(entries));

describe('settling one version after another', () => {
  it('tells exactly what makes the next out of the one before, and keeps the objects of what is equal', () => {
    fc.assert(
      fc.property(anyMap, anyMap, (before, next) => {
        const { entries, changed, removed } = settle(before, next);
        expect(entries).toEqual(next);
        const rebuilt = new Map(before);
        for (const key of removed) rebuilt.delete(key);
        for (const key of changed) rebuilt.set(key, next.get(key) as never);
        expect(rebuilt).toEqual(next);
        for (const [key, value] of entries) if (!changed.has(key)) expect(value).toBe(before.get(key));
      }),
    );
  });

  it.each([
    ['nothing', [], [], false],
    ['equal content', [['a', { n: 1 }]], [['a', { n: 1 }]], false],
    ['another value', [['a', { n: 1 }]], [['a', { n: 2 }]], true],
    ['a new field', [['a', { n: 1 }]], [['a', { n: 1, m: undefined }]], true],
    ['an entry more', [], [['a', {}]], true],
    ['an entry less', [['a', {}]], [], true],
  ] as const)('sees %s', (_what, before, next, expected) => {
    expect(isChange(settle(new Map<string, object>(before), new Map<string, object>(next)))).toBe(expected);
  });
});
