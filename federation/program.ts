/** The controller program of a cluster, from its flags to its end. */
import { parseArgs } from 'node:util';
import { startController } from './controller.ts';
import { systemClock } from '../mesh/adapters/clock/system-clock.ts';
import { createLog } from '../mesh/adapters/log/pino-log.ts';
import { giveMemoryBack } from '../mesh/adapters/memory/give-memory-back.ts';
import { createPrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../mesh/adapters/random/system-random.ts';
import { readClusterConfig } from '../mesh/adapters/standalone/cluster-config.ts';
import { readRunInfo } from '../mesh/adapters/standalone/cluster-folder.ts';
import { VERSION } from '../mesh/adapters/version.ts';
import { aborted } from '../mesh/kit/aborted.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, formatFault, type Fault } from '../mesh/model/fault.ts';

const USAGE = 'usage: node federation/main.ts --dir <cluster folder>';
const USAGE_ERROR = 2;

/** Answers the exit status: 0 after a stop that was asked for, 1 when it cannot start, 2 for wrong flags. */
export async function runController(args: readonly string[]): Promise<number> {
  const dir = readDir(args);
  if (dir === undefined) return complain(USAGE, USAGE_ERROR);
  const config = await readClusterConfig(dir);
  if (!config.ok) return complain(formatFault(config.error), USAGE_ERROR);
  const alone = await isAlone(dir);
  if (!alone.ok) return complain(formatFault(alone.error), 1);
  const stop = stopSignal();
  const log = createLog('controller');
  const options = { dir, config: config.value, version: VERSION, log };
  const tools = { clock: systemClock, random: systemRandom, metrics: createPrometheusMetrics() };
  giveMemoryBack(systemClock);
  const controller = await startController({ ...options, ...tools }, stop);
  if (!controller.ok) return stop.aborted ? 0 : complain(formatFault(controller.error), 1);
  await Promise.race([aborted(stop), controller.value.over]);
  log.info('controller stopping');
  await controller.value.stop();
  return 0;
}

function complain(text: string, status: number): number {
  process.stderr.write(`${text}\n`);
  return status;
}

function readDir(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { dir: { type: 'string' } } }).values.dir;
  } catch {
    return undefined;
  }
}

/** Two controllers on one folder would undo each other's work. */
async function isAlone(dir: string): Promise<Result<void, Fault>> {
  const info = readRunInfo(dir);
  if (!info.ok || info.value.pid === process.pid) return ok(undefined);
  const { admin, pid } = info.value;
  try {
    const url = `http://${admin.host}:${admin.port}/v1/status`;
    const headers = { authorization: `Bearer ${info.value.token}` };
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(500) });
    // Its own token is what tells it from another program that has its port by now.
    if (!answer.ok) return ok(undefined);
  } catch {
    return ok(undefined);
  }
  return err(fault('already_exists', dir, `a controller runs here already (process ${pid})`));
}

function stopSignal(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => asked.abort());
  return asked.signal;
}
