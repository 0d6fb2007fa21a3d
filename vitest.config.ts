/** Two projects: `unit` (beside the code, no processes) and `mesh` (whole clusters as real processes). */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Many tests wait for sockets: on two cores, one worker (the default there) leaves the machine idle half of the time.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: ['node_modules', 'multicluster-tests/*.test.ts', 'multicluster-tests/kubernetes/**'],
          testTimeout: 20_000,
        },
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
    ],
  },
});
