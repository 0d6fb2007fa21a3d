import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { medianRatio, percentile, spreadOf } from './statistics.ts';

const numbers = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });

describe('spreadOf', () => {
  test.each([
    [[3], { median: 3, min: 3, max: 3 }],
    [[10, 2, 9], { median: 9, min: 2, max: 10 }],
    [[4, 1, 2, 100], { median: 3, min: 1, max: 100 }],
  ])('%j', (values, expected) => expect(spreadOf(values)).toEqual(expected));

  test('of nothing there is none', () => expect(spreadOf([])).toBeUndefined());

  test('half of all values lie on either side of the median', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const { median = NaN, min = NaN, max = NaN } = spreadOf(values) ?? {};
        expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2);
        expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });
});

describe('medianRatio', () => {
  test('compares round by round', () => {
    // The machine was half as fast in the second round.
    expect(medianRatio([100, 50, 90], [200, 100, 100])).toBe(0.5);
  });

  test('skips rounds in which either is absent', () => {
    expect(medianRatio([undefined, 50, 90], [1, undefined, 100])).toBe(0.9);
    expect(medianRatio([1], [])).toBeUndefined();
  });

  test('is the same whatever the speed of each round', () => {
    fc.assert(
      fc.property(numbers, (speeds) => {
        const ratio = medianRatio(
          speeds.map((speed) => 3 * speed),
          speeds.map((speed) => 4 * speed),
        );
        expect(ratio).toBeCloseTo(0.75, 9);
      }),
    );
  });
});

describe('percentile', () => {
  test.each([
    [0.5, 50],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
    [0, 1],
  ])('%d of 1..100 is %d', (fraction, expected) => {
    expect(
      percentile(
        Array.from({ length: 100 }, (_, i) => i + 1),
        fraction,
      ),
    ).toBe(expected);
  });
});
