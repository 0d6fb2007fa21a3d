import { expect, it } from 'vitest';
import { isWithin, quantileOf } from './figures.ts';

it('takes the nearest rank', () => {
  const values = [40, 10, 30, 20];
  expect([0.01, 0.25, 0.5, 0.51, 0.99, 1].map((share) => quantileOf(values, share))).toEqual([
    10, 10, 20, 30, 40, 40,
  ]);
});

it('holds nothing within a bound that was not measured', () => {
  const figure = { what: 'p50', bound: 300, unit: 'ms' };
  expect(isWithin({ ...figure, measured: quantileOf([], 0.5) })).toBe(false);
  expect(isWithin({ ...figure, measured: 300 })).toBe(true);
  expect(isWithin({ ...figure, measured: 301 })).toBe(false);
});
