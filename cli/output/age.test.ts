import { describe, expect, it } from 'vitest';
import { formatAge } from './age.ts';

describe('formatAge', () => {
  it.each([
    [0, '0s'],
    [-5, '0s'],
    [119_999, '119s'],
    [120_000, '2m'],
    [7_199_000, '119m'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
    [364 * 86_400_000, '364d'],
  ])('prints %i ms as %s', (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});
