/** Two projects: `unit` (beside the code, no processes) and `mesh` (whole clusters as real processes). */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{mesh,crds,federation,gateway,sidecar,cli,examples,bench}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'mesh',
          include: ['multicluster-tests/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
