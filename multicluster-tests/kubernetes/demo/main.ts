/**
 * `npm run demo -- --kubernetes`: the shop on two real Kubernetes clusters, which are made for it on this machine and removed
 * at its end. This program keeps the clusters; what asks them runs where they can be reached: shown-child.ts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { INTERRUPTED, interruption, sayer } from '../../../examples/demo/run-demo.ts';
import { raiseGround, standingGround } from '../ground.ts';
import { missingParts } from '../missing-parts.ts';
import { inNetwork } from '../network.ts';
import { planGround, type GroundPlan } from '../plan.ts';
import { tearDown } from '../tear-down.ts';

const NAME = `demo${process.env['ISTHMUS_TEST_GROUND'] ?? ''}`;
const SHOWN = path.join(import.meta.dirname, 'shown-child.ts');

const startedAt = Date.now();
const say = sayer(startedAt);
const interrupted = interruption();

await refuseWhatCannotBe();
try {
  const { plan } = await raiseGround(planGround({ name: NAME, clusters: 2, layout: 'overlapping' }), say);
  process.exitCode = await show(plan);
} catch (error) {
  if (!interrupted.aborted) throw error;
  process.exitCode = INTERRUPTED;
} finally {
  say('removing the clusters');
  await tearDown(NAME);
}

async function refuseWhatCannotBe(): Promise<void> {
  const missing = await missingParts();
  for (const part of missing) console.error(`missing: ${part}`);
  const stands = missing.length === 0 && (await standingGround(NAME)) !== undefined;
  if (stands) {
    console.error(
      `a demo is up already: end it first, or what it left: npm run clusters -- down --name ${NAME}`,
    );
  }
  if (missing.length > 0 || stands) process.exit(1);
}

/** Answers the exit status. */
async function show(plan: GroundPlan): Promise<number> {
  if (interrupted.aborted) return INTERRUPTED;
  const program = [process.execPath, SHOWN, NAME, String(startedAt), ...process.argv.slice(2)];
  const [nsenter = '', ...args] = inNetwork(plan.namespace, program);
  const child = spawn(nsenter, args, { stdio: 'inherit' });
  interrupted.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? INTERRUPTED;
}
