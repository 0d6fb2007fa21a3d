/** Waits for a condition of a program; when it ends or is too slow, the error shows the last lines of its log. */
import { readFile } from 'node:fs/promises';
import { until } from '../../examples/demo/processes.ts';
import type { Program } from './program.ts';

/** A machine that builds something else beside it takes several times the usual 5 s. */
const DEADLINE_MS = 120_000;
const TAIL_LINES = 15;

/** `what` completes "not ready: "; a check that throws has not found it yet. */
export async function untilReady(
  program: Program,
  what: string,
  check: () => boolean | Promise<boolean>,
): Promise<void> {
  const outcome = await until(what, DEADLINE_MS, async () => {
    if (program.ended()) return 'ended';
    return (await check()) ? 'ready' : undefined;
  }).catch(() => `is not there after ${DEADLINE_MS / 1000} s`);
  if (outcome === 'ready') return;
  const log = await readFile(program.logFile, 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  const why = outcome === 'ended' ? `${program.name} ended` : outcome;
  throw new Error(`${what}: ${why}. The end of ${program.logFile}:\n${tail}`);
}
