/** Three projects: `unit` (beside the code, no processes), `mesh` (whole clusters as real processes), `kubernetes` (real ones). */
import { defineConfig } from 'vitest/config';

/** What the unit tests are; `mutants/` runs them with seeded bugs. */
export const UNIT = {
  include: ['**/*.test.ts'],
  exclude: ['node_modules', 'multicluster-tests/*.test.ts', 'multicluster-tests/kubernetes/**'],
  testTimeout: 20_000,
};

export default defineConfig({
  test: {
    // Many tests wait for sockets: on two cores, one worker (the default there) leaves the machine idle half of the time.
    maxWorkers: 2,
    projects: [
      {
        test: { name: 'unit', ...UNIT },
      },
      {
        test: {
          name: 'mesh',
          include: ['multicluster-tests/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          globalSetup: 'multicluster-tests/bundle-first.ts',
        },
      },
      {
        test: {
          name: 'kubernetes',
          include: ['multicluster-tests/kubernetes/**/*.test.ts'],
          testTimeout: 240_000,
          // The first of all builds the programs.
          hookTimeout: 3_600_000,
          fileParallelism: false,
          globalSetup: 'multicluster-tests/kubernetes/leave-out.ts',
        },
      },
    ],
  },
});
