/**
 * `npm run demo -- --kubernetes`: the shop on two real Kubernetes clusters, which are made for it on this machine and removed
 * at its end: by kind where kind, docker and kubectl are at hand, else of their programs.
 */
import { readFlags } from '../../../examples/demo/flags.ts';
import { INTERRUPTED, interruption, sayer } from '../../../examples/demo/run-demo.ts';
import { missingForKind } from './kind.ts';
import { showOnKind } from './on-kind.ts';
import { showOnOwnGround } from './own-ground.ts';

const startedAt = Date.now();
const say = sayer(startedAt);
const interrupted = interruption();
const args = process.argv.slice(2);
const flags = readFlags(args);

try {
  process.exitCode = await show();
} catch (error) {
  if (!interrupted.aborted) throw error;
  process.exitCode = INTERRUPTED;
}

function complain(problem: string): void {
  console.error(problem);
}

async function show(): Promise<number> {
  const against = flags.kind === false ? ['none is wanted'] : await missingForKind();
  if (against.length === 0) return showOnKind({ say, complain, interrupted, rate: flags.rate });
  if (flags.kind === true) {
    for (const reason of against) complain(`--kind: ${reason}`);
    return 1;
  }
  say(`clusters of their own programs, not of kind: ${against.join(', ')}`);
  return showOnOwnGround({ say, complain, interrupted, startedAt, args });
}
