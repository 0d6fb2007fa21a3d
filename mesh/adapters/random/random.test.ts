import { describe, expect, it } from 'vitest';
import type { Random } from '../../ports/random.ts';
import { createSeededRandom } from './seeded-random.ts';
import { systemRandom } from './system-random.ts';

const draws = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.next());

describe.each([
  ['system', systemRandom],
  ['seeded', createSeededRandom(7)],
])('%s random', (_name, random) => {
  it('draws evenly from [0, 1)', () => {
    const cells = new Array<number>(10).fill(0);
    for (const value of draws(random, 10_000)) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
      cells[Math.floor(value * 10)]! += 1;
    }
    for (const count of cells) expect(Math.abs(count - 1_000)).toBeLessThan(250);
  });

  it('gives as many bytes as asked for, of all values', () => {
    expect(random.bytes(0)).toHaveLength(0);
    const bytes = random.bytes(8_192);
    expect(bytes).toHaveLength(8_192);
    expect(new Set(bytes).size).toBe(256);
  });
});

describe('seeded random', () => {
  it('repeats under the same seed and differs under another', () => {
    expect(draws(createSeededRandom(42), 50)).toEqual(draws(createSeededRandom(42), 50));
    expect(draws(createSeededRandom(42), 50)).not.toEqual(draws(createSeededRandom(43), 50));
  });
});
