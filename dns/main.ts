/** `node dns/main.ts`: answers for clusterset.local in a pod, beside the controller and without it. Ends on SIGTERM or SIGINT. */
import { flushCompileCache } from 'node:module';
import { systemClock } from '../mesh/adapters/clock/system-clock.ts';
import { inClusterAccess } from '../mesh/adapters/kubernetes/api-access-in-cluster.ts';
import { createLog } from '../mesh/adapters/log/pino-log.ts';
import { giveMemoryBack } from '../mesh/adapters/memory/give-memory-back.ts';
import { createPrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../mesh/adapters/random/system-random.ts';
import { formatFault } from '../mesh/model/fault.ts';
import { parseFlags, USAGE } from './flags.ts';
import { runDns } from './program.ts';

const USAGE_ERROR = 2;
/** By then all code that it needs has run. */
const COMPILED_AFTER_MS = 3_000;

async function main(): Promise<number> {
  const flags = parseFlags(process.argv.slice(2));
  const access = inClusterAccess(process.env);
  if (!flags.ok || !access.ok) {
    const found = !flags.ok ? flags.error : !access.ok ? access.error : undefined;
    process.stderr.write(`${found === undefined ? '' : formatFault(found)}\nusage: ${USAGE}\n`);
    return USAGE_ERROR;
  }
  const log = createLog('dns');
  const asked = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => asked.abort());
  systemClock.after(COMPILED_AFTER_MS, flushCompileCache);
  giveMemoryBack(systemClock);
  const tools = { clock: systemClock, random: systemRandom, log, metrics: createPrometheusMetrics() };
  try {
    await runDns({ ...flags.value, ...tools, access: access.value, stop: asked.signal });
    return 0;
  } catch (cause) {
    log.error('dns cannot run', { cause });
    return 1;
  }
}

process.exitCode = await main();
// Whatever a library still holds open must not keep the program.
process.exit();
