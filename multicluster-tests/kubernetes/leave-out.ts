/**
 * Before the tests on real clusters: what cannot be run here is left out and said, with the reason; for the rest the
 * clusters' programs and images are made, and the bundle that the images carry. After them, whatever a failed test left
 * is removed.
 */
import type { TestProject } from 'vitest/node';
import { bundle } from '../../scripts/bundle.ts';
import { buildPrograms, CLUSTER_PROGRAMS } from './go-programs.ts';
import { groundImages } from './images/ground-images.ts';
import { missingParts } from './missing-parts.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const lacking = await missingParts();
  // The image carries what is shipped.
  if (lacking.length === 0) await bundle();
  const missing = lacking.length > 0 ? lacking : await makeParts();
  provide('missing', missing);
  if (missing.length > 0) return () => Promise.resolve(tell(missing));
  await removeGrounds();
  return removeGrounds;
}

/** What a download says that finds nobody. */
const OFFLINE =
  /dial tcp|no such host|connection refused|i\/o timeout|could not resolve|unreachable|failed to fetch/i;

/** Makes what all tests need. Answers what cannot be had on a machine that reaches no sources of it. */
async function makeParts(): Promise<string[]> {
  const say = (line: string): void => void process.stdout.write(`  ${line}\n`);
  try {
    await buildPrograms([...CLUSTER_PROGRAMS, 'jaeger', 'helm'], say);
    await groundImages(say);
    return [];
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : '';
    const line = message.split('\n').find((text) => OFFLINE.test(text));
    if (line === undefined) throw cause;
    return [`sources of the clusters' programs: ${line.trim()}`];
  }
}

function tell(missing: readonly string[]): void {
  process.stdout.write(
    `\nLeft out: the tests on real Kubernetes clusters. Missing: ${missing.join('; ')}.\n`,
  );
}

async function removeGrounds(): Promise<void> {
  for (const name of Object.values(TEST_GROUNDS)) await tearDown(name);
}
