/**
 * `npm run throughput`: what pods get through sidecars and gateways on two real clusters of the same ranges, with wrk over
 * 32 connections against a Node application: in the other cluster, and in their own, in turn. Connections are captured, as
 * those of any application are. It makes its own ground, and removes it.
 */
import { formatTable } from '../../../cli/output/table.ts';
import { until } from '../../../examples/demo/processes.ts';
import { bundle } from '../../../scripts/bundle.ts';
import type { Cluster } from '../cluster.ts';
import { raiseGround } from '../ground.ts';
import { TOOLS } from '../images/ground-images.ts';
import { exported, imported, makeNamespace, state } from '../mcs-objects.ts';
import { startMembers } from '../members.ts';
import { missingParts } from '../missing-parts.ts';
import { processesInPods } from '../node-processes.ts';
import { planGround } from '../plan.ts';
import { tearDown } from '../tear-down.ts';
import { runWrk, type Measured } from './wrk.ts';

const NAME = `throughput${process.env['ISTHMUS_TEST_GROUND'] ?? ''}`;
const NAMESPACE = 'shop';
const HOST = `hello.${NAMESPACE}.svc.clusterset.local`;
const ROUNDS = 5;
const WARM_UP_SECONDS = 5;
const SECONDS = 10;
const SOON_MS = 60_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Nothing else runs so: it is how the pod is found among the processes of its node. */
const CALLER_COMMAND = ['sleep', '86399'];
const CALLER = {
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'caller', namespace: NAMESPACE } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'caller', image: TOOLS, command: CALLER_COMMAND }],
  },
};

/** It writes no log: what that takes would be measured too. */
const SERVER = `require('node:http').createServer((_, response) => response.end('hello')).listen(8080)`;
const labels = { app: 'hello' };
const HELLO = [
  {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'hello' } },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'hello', image: TOOLS, command: ['node', '-e', SERVER] }] },
      },
    },
  },
  {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'hello' } },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080, appProtocol: 'http' }] },
  },
];

const missing = await missingParts();
if (missing.length > 0) {
  for (const part of missing) process.stderr.write(`missing: ${part}\n`);
  process.exit(1);
}
await bundle();
try {
  say(await measure());
} finally {
  await tearDown(NAME);
}

/** The service is in west alone: a caller in east takes the whole path, one in west the pair of sidecars. */
async function measure(): Promise<string> {
  const ground = await raiseGround(planGround({ name: NAME, clusters: 2, layout: 'overlapping' }), say);
  const [east, west] = ground.clusters as [Cluster, Cluster];
  const { inject } = await startMembers(ground);
  await makeNamespace(NAMESPACE, [east, west]);
  const start = async ({ kubectl }: Cluster, manifests: string): Promise<void> => {
    const injected = await inject(manifests, '-n', NAMESPACE, '--image', TOOLS);
    await kubectl(['apply', '-n', NAMESPACE, '-f', '-'], injected);
  };
  await start(west, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: HELLO }));
  await state(west, exported(NAMESPACE));
  await west.kubectl(['rollout', 'status', 'deployment/hello', '-n', NAMESPACE, '--timeout=120s']);
  const callers = { 'whole path': east, 'local pair': west };
  for (const cluster of Object.values(callers)) {
    await start(cluster, JSON.stringify(CALLER));
    await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/caller', '-n', NAMESPACE, '--timeout=120s']);
  }
  const rows: (readonly string[])[] = [];
  for (const [path, cluster] of Object.entries(callers))
    await until(`a load over the ${path} without a failure`, SOON_MS, () =>
      load(cluster, WARM_UP_SECONDS).catch(() => undefined),
    );
  for (let round = 1; round <= ROUNDS; round++)
    for (const [path, cluster] of Object.entries(callers))
      rows.push([path, `${round}`, ...cells(await load(cluster, SECONDS))]);
  return formatTable(['PATH', 'ROUND', 'REQUESTS/S', 'P50 MS', 'P99 MS', 'CPU US', 'LOAD'], rows);
}

async function load(cluster: Cluster, seconds: number): Promise<Measured> {
  const [pid] = processesInPods(cluster, CALLER_COMMAND.join(' '));
  const [ip] = (await imported(cluster, NAMESPACE))?.spec.ips ?? [];
  if (pid === undefined || ip === undefined)
    throw new Error(`no caller, or no address, in ${cluster.plan.name}`);
  return runWrk(pid, { seconds, url: `http://${ip}/`, host: HOST });
}

function cells({ perSecond, p50Ms, p99Ms, cpuMicrosPerRequest, loadBefore }: Measured): readonly string[] {
  const latencies = [p50Ms, p99Ms].map((ms) => ms.toFixed(1));
  return [perSecond.toFixed(0), ...latencies, cpuMicrosPerRequest.toFixed(0), loadBefore.toFixed(1)];
}
