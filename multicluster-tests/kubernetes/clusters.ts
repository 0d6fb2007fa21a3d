/**
 * `npm run clusters -- up | down | shell <cluster> | packages`: a ground of real Kubernetes clusters on this machine, for
 * work by hand. It stays until it is taken down.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { kubeconfigFile } from './certificates.ts';
import { raiseGround, standingGround } from './ground.ts';
import { missingPackages, missingParts } from './missing-parts.ts';
import { inNetwork } from './network.ts';
import { LAYOUTS, MOST_CLUSTERS, planGround, type Layout } from './plan.ts';
import { tearDown } from './tear-down.ts';

const started = performance.now();
const say = (line: string): void => {
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
};

interface Named {
  readonly name: string;
}

const program: Command = new Command('clusters').description(
  'real Kubernetes clusters on this machine, for work by hand',
);
const named = (): Option => new Option('--name <name>', 'of the ground').argParser(parseName).default('hand');

program
  .command('up')
  .description('makes the clusters; builds their programs first, which takes a while, once')
  .addOption(named())
  .addOption(new Option('--clusters <count>', `1 to ${MOST_CLUSTERS}`).argParser(parseCount).default(2))
  .addOption(
    new Option('--layout <layout>', 'of pod and service ranges').choices(LAYOUTS).default('overlapping'),
  )
  .action(up);
program.command('down').description('removes all of it').addOption(named()).action(down);
program
  .command('shell')
  .description('a shell, or a command, where the clusters can be reached, with kubectl set to this one')
  .argument('<cluster>')
  .argument('[command...]')
  .addOption(named())
  .action(shell);
program
  .command('packages')
  .description('prints the Debian packages that this machine lacks for it')
  .action(() => void process.stdout.write(`${missingPackages().join(' ')}\n`));
await program.parseAsync();

async function up(options: Named & { clusters: number; layout: Layout }): Promise<void> {
  const missing = await missingParts();
  if (missing.length > 0) program.error(missing.map((part) => `missing: ${part}`).join('\n'));
  const { plan } = await raiseGround(planGround(options), say);
  for (const { name, nodeAddress } of plan.clusters) say(`${name} is ready at ${nodeAddress}`);
  say(`next: npm run clusters -- shell ${plan.clusters[0]?.name ?? ''}`);
}

async function down({ name }: Named): Promise<void> {
  await tearDown(name);
  say(`nothing of ground ${name} is left`);
}

async function shell(cluster: string, command: readonly string[], { name }: Named): Promise<void> {
  const ground = await standingGround(name);
  if (ground === undefined) program.error(`ground ${name} is not up: npm run clusters -- up`);
  const plans = ground.plan.clusters.toSorted(
    (a, b) => Number(b.name === cluster) - Number(a.name === cluster),
  );
  if (plans[0]?.name !== cluster) {
    program.error(`no cluster ${cluster}: there is ${plans.map((plan) => plan.name).join(', ')}`);
  }
  const folders = new Set(Object.values(ground.programs).map((file) => path.dirname(file)));
  const wanted = command.length > 0 ? command : [process.env['SHELL'] ?? '/bin/bash'];
  const [nsenter = '', ...args] = inNetwork(ground.plan.namespace, wanted);
  const child = spawn(nsenter, args, {
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: [...folders, process.env['PATH']].join(':'),
      // The first file's cluster is the current one; the others are reached with --context.
      KUBECONFIG: plans.map((plan) => kubeconfigFile(plan, 'admin')).join(':'),
      KUBECACHEDIR: path.join(ground.plan.folder, 'kubectl-cache'),
    },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}

/** It becomes part of names of namespaces, where a dash begins the cluster's. */
function parseName(text: string): string {
  if (!/^[a-z][a-z0-9]{0,15}$/.test(text)) throw new InvalidArgumentError('Letters and digits, 16 at most.');
  return text;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MOST_CLUSTERS) {
    throw new InvalidArgumentError(`1 to ${MOST_CLUSTERS}.`);
  }
  return count;
}
