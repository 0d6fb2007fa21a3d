/** `node sidecar/plain/main.ts --dir <folder>`: the plain proxy beside a gateway in a pod. SIGTERM or SIGINT drains it. */
import module from 'node:module';
import { parseArgs } from 'node:util';

// Compiled modules are kept between runs, as those of a sidecar are.
module.enableCompileCache();
const [{ systemClock }, { giveMemoryBack }, { formatFault }, { runPlainProxy }] = await Promise.all([
  import('../../mesh/adapters/clock/system-clock.ts'),
  import('../../mesh/adapters/memory/give-memory-back.ts'),
  import('../../mesh/model/fault.ts'),
  import('./run-plain-proxy.ts'),
]);

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  const { dir } = parseArgs({ options: { dir: { type: 'string', default: '.' } } }).values;
  giveMemoryBack(systemClock);
  const ended = await runPlainProxy({ dir, env: process.env, stop: stop.signal });
  if (ended.ok) return 0;
  process.stderr.write(`${formatFault(ended.error)}\n`);
  return 1;
}

process.exit(await main());
