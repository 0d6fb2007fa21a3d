/** `node gateway/main.ts --dir <cluster folder>`: a gateway of a standalone cluster. SIGTERM or SIGINT drains it. */
import { flushCompileCache } from 'node:module';
import { systemClock } from '../mesh/adapters/clock/system-clock.ts';
import { createLog } from '../mesh/adapters/log/pino-log.ts';
import { giveMemoryBack } from '../mesh/adapters/memory/give-memory-back.ts';
import { createPrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../mesh/adapters/random/system-random.ts';
import { formatFault } from '../mesh/model/fault.ts';
import { parseFlags, USAGE } from './flags.ts';
import { runGateway, type StopRequests } from './program.ts';

const USAGE_ERROR = 2;
/** By then all code that a gateway at rest needs has run. */
const COMPILED_AFTER_MS = 3_000;
/** A terminal's interrupt reaches a program twice at once: from the terminal and from who started it. */
const SAME_REQUEST_MS = 500;

async function main(): Promise<number> {
  const flags = parseFlags(process.argv.slice(2));
  if (!flags.ok) {
    process.stderr.write(`${formatFault(flags.error)}\nusage: ${USAGE}\n`);
    return USAGE_ERROR;
  }
  const log = createLog('gateway');
  const tools = { clock: systemClock, random: systemRandom, log, metrics: createPrometheusMetrics() };
  // Kept for the next start even if this process is killed: a start from the cache takes a quarter less memory.
  systemClock.after(COMPILED_AFTER_MS, flushCompileCache);
  giveMemoryBack(systemClock);
  const ended = await runGateway(flags.value, tools, stopRequests());
  if (ended.ok) return 0;
  log.error('gateway cannot run', { reason: ended.error.code, detail: formatFault(ended.error) });
  return 1;
}

/** The first signal asks for a drain; another one, later, for the end. */
function stopRequests(): StopRequests {
  const asked = new AbortController();
  const insisted = new AbortController();
  let askedAt = 0;
  const onSignal = (): void => {
    if (asked.signal.aborted && systemClock.monotonic() - askedAt > SAME_REQUEST_MS) insisted.abort();
    if (!asked.signal.aborted) askedAt = systemClock.monotonic();
    asked.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return { asked: asked.signal, insisted: insisted.signal };
}

process.exitCode = await main();
// Whatever a library still holds open must not keep the program.
process.exit();
