/**
 * Before the tests on real clusters: what cannot be run here is left out and said, with the reason; for the rest the
 * bundle is made, which the clusters' image carries. After them, whatever a failed test left is removed.
 */
import type { TestProject } from 'vitest/node';
import { bundle } from '../../scripts/bundle.ts';
import { missingParts } from './missing-parts.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const missing = await missingParts();
  provide('missing', missing);
  if (missing.length > 0) return () => Promise.resolve(tell(missing));
  await removeGrounds();
  await bundle();
  return removeGrounds;
}

function tell(missing: readonly string[]): void {
  process.stdout.write(
    `\nLeft out: the tests on real Kubernetes clusters. Missing: ${missing.join('; ')}.\n`,
  );
}

async function removeGrounds(): Promise<void> {
  for (const name of Object.values(TEST_GROUNDS)) await tearDown(name);
}
