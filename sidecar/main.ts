/**
 * `node sidecar/main.ts --dir <cluster folder> --service cart [-n shop] --port 8080 [--service-account cart]
 * [--upstream ledger.shop:7000=17000]... [-- command args...]`: an application of a standalone cluster with its sidecar.
 */
import module from 'node:module';

// Compiled and type-stripped modules are kept between runs: 20 MB less, because the stripper is then not loaded.
module.enableCompileCache();
const [
  { systemClock },
  { giveMemoryBack },
  { formatFault },
  { checkArguments, readArguments },
  { runWorkload },
] = await Promise.all([
  import('../mesh/adapters/clock/system-clock.ts'),
  import('../mesh/adapters/memory/give-memory-back.ts'),
  import('../mesh/model/fault.ts'),
  import('./run/arguments.ts'),
  import('./run/run-workload.ts'),
]);

const USAGE_ERROR = 2;

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  const read = readArguments(process.argv.slice(2));
  const checked = read.ok ? checkArguments(read.value) : read;
  if (!checked.ok) {
    process.stderr.write(`${formatFault(checked.error)}\n`);
    return USAGE_ERROR;
  }
  giveMemoryBack(systemClock);
  const ended = await runWorkload({ ...checked.value, stop: stop.signal });
  if (ended.ok) return ended.value;
  process.stderr.write(`${formatFault(ended.error)}\n`);
  return 1;
}

process.exit(await main());
