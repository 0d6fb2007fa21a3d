import { describe, it } from 'vitest';
import { simulateSeeds } from './simulate-seeds.ts';

/** Ten tests, so that a failure names its hundred, and what runs can be seen. */
const HUNDREDS = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18];

describe('whole clusters in simulation keep I1-I9 and L1-L4', () => {
  it.each(HUNDREDS)('in the hundred seeds after %i hundred', (hundreds) =>
    simulateSeeds(1 + 100 * hundreds, 100),
  );
});
