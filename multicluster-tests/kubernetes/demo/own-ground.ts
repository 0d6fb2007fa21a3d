/** The demo on clusters that are made of their programs on this machine. This process keeps them: shown-child.ts asks them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { INTERRUPTED, type RunOptions } from '../../../examples/demo/run-demo.ts';
import { raiseGround, standingGround } from '../ground.ts';
import { missingParts } from '../missing-parts.ts';
import { inNetwork } from '../network.ts';
import { planGround, type GroundPlan } from '../plan.ts';
import { tearDown } from '../tear-down.ts';

const NAME = `demo${process.env['ISTHMUS_TEST_GROUND'] ?? ''}`;
const SHOWN = path.join(import.meta.dirname, 'shown-child.ts');

export interface DemoOptions extends Pick<RunOptions, 'say' | 'interrupted'> {
  /** Told why there is nothing to show. */
  complain(problem: string): void;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** As they were given to this program. */
  readonly args: readonly string[];
}

/** Answers the exit status. */
export async function showOnOwnGround(options: DemoOptions): Promise<number> {
  const problems = await whatIsInTheWay();
  for (const problem of problems) options.complain(problem);
  if (problems.length > 0) return 1;
  try {
    const planned = planGround({ name: NAME, clusters: 2, layout: 'overlapping' });
    const { plan } = await raiseGround(planned, options.say);
    return await show(plan, options);
  } finally {
    options.say('removing the clusters');
    await tearDown(NAME);
  }
}

async function whatIsInTheWay(): Promise<readonly string[]> {
  const missing = await missingParts();
  if (missing.length > 0) return missing.map((part) => `missing: ${part}`);
  if ((await standingGround(NAME)) === undefined) return [];
  return [`a demo is up already: end it first, or what it left: npm run clusters -- down --name ${NAME}`];
}

async function show(plan: GroundPlan, { interrupted, startedAt, args }: DemoOptions): Promise<number> {
  if (interrupted.aborted) return INTERRUPTED;
  const program = [process.execPath, SHOWN, NAME, String(startedAt), ...args];
  const [nsenter = '', ...rest] = inNetwork(plan.namespace, program);
  const child = spawn(nsenter, rest, { stdio: 'inherit' });
  interrupted.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? INTERRUPTED;
}
