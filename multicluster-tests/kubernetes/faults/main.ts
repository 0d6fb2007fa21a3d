/**
 * `npm run faults`, `npm run faults -- --only silent`: two real clusters of the same ranges under a steady load of a pod, and what goes wrong in production, one
 * thing after the other. Prints what the client noticed, beside what Istio lost on such clusters. Exits 0 only if all
 * is within its bound. It makes its own ground, and removes it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { until } from '../../../examples/demo/processes.ts';
import { CONTROLLER, NAMESPACE } from '../../../mesh/adapters/kubernetes/installation.ts';
import { bundle } from '../../../scripts/bundle.ts';
import type { Cluster } from '../cluster.ts';
import { raiseGround } from '../ground.ts';
import { helloManifests } from '../hello.ts';
import { TOOLS } from '../images/ground-images.ts';
import { exported, makeNamespace, state } from '../mcs-objects.ts';
import { startMembers, type Members } from '../members.ts';
import { missingParts } from '../missing-parts.ts';
import { setLink } from '../network.ts';
import { planGround } from '../plan.ts';
import { tearDown } from '../tear-down.ts';
import { loadWithoutApiServers } from './api-servers-away.ts';
import { runLoad, type CallerPod, type Load } from './load.ts';
import { reportText, type Row } from './report.ts';
import { QUIET_SECONDS, rolledOut, STIMULI, type Scene, type Stimulus } from './stimuli.ts';

const NAME = `faults${process.env['ISTHMUS_TEST_GROUND'] ?? ''}`;
const SHOP = 'shop';
const SOON_MS = 60_000;
const NODE_PORT = 30_080;
const URL_OF_HELLO = `http://hello.${SHOP}.svc.clusterset.local/`;

const NEW_SERVICE = 'new service: first 200 in the other cluster';
const AWAY = 'no API server answers for 10 minutes, and controllers, gateways and sidecars are killed';
const RESTART = 'controllers restarted while the other cluster is away: serving again';
const MEMORY = 'memory';

/** Only what has this in its name. */
const { only = '' } = parseArgs({ options: { only: { type: 'string' } } }).values;

const started = performance.now();
const say = (line: string): void =>
  void process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);

const missing = await missingParts();
if (missing.length > 0) {
  for (const part of missing) process.stderr.write(`missing: ${part}\n`);
  process.exit(1);
}
await bundle();
try {
  const rows = await measure();
  process.stdout.write(`\n${reportText(rows)}\n`);
  process.exitCode = rows.every(({ isMet }) => isMet) ? 0 : 1;
} finally {
  await tearDown(NAME);
}

async function measure(): Promise<readonly Row[]> {
  const ground = await raiseGround(planGround({ name: NAME, clusters: 2, layout: 'overlapping' }), say);
  const [east, west] = ground.clusters as [Cluster, Cluster];
  const members = await startMembers(ground);
  const scene: Scene = { ground, east, west, namespace: SHOP };
  const caller = await openShop(scene, members);
  const parts: readonly Part[] = [
    { what: NEW_SERVICE, rows: async () => [await newService(scene, members)] },
    ...STIMULI.map((stimulus) => ({
      what: stimulus.name,
      rows: async () => [await play(stimulus, scene, caller)],
    })),
    { what: AWAY, rows: async () => [await playWithoutApiServers(scene, caller)] },
    { what: RESTART, rows: async () => [await restartAlone(scene, members)] },
    { what: MEMORY, rows: () => weights(scene) },
  ];
  const rows: Row[] = [];
  for (const part of parts.filter(({ what }) => what.includes(only))) {
    say(part.what);
    const seen = await part.rows();
    for (const row of seen) say(`  ${row.seen}`);
    rows.push(...seen);
  }
  return rows;
}

interface Part {
  readonly what: string;
  rows(): Promise<readonly Row[]>;
}

/** The service in both clusters, and a pod in east that calls it. */
async function openShop({ east, west, namespace }: Scene, members: Members): Promise<CallerPod> {
  await makeNamespace(namespace, [east, west]);
  const injected = (text: string): Promise<string> => members.inject(text, '-n', namespace, '--image', TOOLS);
  const hello = await injected(helloManifests(NODE_PORT, { graceSeconds: 30 }));
  const caller = await injected(JSON.stringify(sleeping('caller', namespace)));
  await Promise.all(
    [east, west].map(async (cluster) => {
      await cluster.kubectl(['apply', '-n', namespace, '-f', '-'], hello);
      await state(cluster, exported(namespace));
      await rolledOut(cluster, 'deployment/hello', namespace);
    }),
  );
  await east.kubectl(['apply', '-n', namespace, '-f', '-'], caller);
  await east.kubectl(['wait', '--for=condition=Ready', 'pod/caller', '-n', namespace, '--timeout=120s']);
  return { cluster: east, namespace, pod: 'caller' };
}

function sleeping(name: string, namespace: string): object {
  const container = { name, image: TOOLS, command: ['sleep', 'infinity'] };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  };
}

async function play(stimulus: Stimulus, scene: Scene, caller: CallerPod): Promise<Row> {
  const { name, seconds, bound, istio } = stimulus;
  await order(scene, stimulus.order);
  await settled(caller);
  const load = runLoad(caller, URL_OF_HELLO, seconds);
  await delay(QUIET_SECONDS * 1000);
  const at = Date.now();
  await stimulus.act(scene);
  const seen = await load;
  await stimulus.mend(scene);
  const lastMs = Math.max(0, seen.lastLostAt - at);
  const isMet = seen.lost <= bound.lost && lastMs <= (bound.lastMs ?? Infinity);
  const last = seen.lost === 0 ? '' : `, last after ${(lastMs / 1000).toFixed(1)} s`;
  const within = bound.lastMs === undefined ? '' : `, within ${bound.lastMs / 1000} s`;
  return {
    what: name,
    seen: `${textOf(seen)}${last}`,
    bound: `${bound.lost} lost${within}`,
    istio,
    isMet,
  };
}

async function playWithoutApiServers(scene: Scene, caller: CallerPod): Promise<Row> {
  await order(scene, 'halves');
  await settled(caller);
  const seen = await loadWithoutApiServers(scene, URL_OF_HELLO);
  return { what: AWAY, seen: textOf(seen), bound: '0 lost', istio: 'not measured', isMet: seen.lost === 0 };
}

function textOf({ sent, lost, reasons, lostIn, p50Ms, p99Ms }: Load): string {
  const words =
    lost === 0 ? '' : ` (${reasons.join(', ')}; sent in seconds ${lostIn.join(', ')} of the load)`;
  return `${lost} of ${sent} lost${words}, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(0)} ms`;
}

/** Where the caller's requests go first. */
async function order({ east, namespace }: Scene, wanted: Stimulus['order']): Promise<void> {
  await east.kubectl(['delete', 'failoverpolicy', 'hello', '-n', namespace, '--ignore-not-found']);
  if (wanted === 'local-first') return;
  const clusters = ['east', 'west'].map((name) => ({ name, weight: 1 }));
  await state(east, {
    ...{ apiVersion: 'isthmus.dev/v1alpha1', kind: 'FailoverPolicy' },
    ...{ metadata: { name: 'hello', namespace } },
    spec: { targetRef: { kind: 'ServiceImport', name: 'hello' }, levels: [{ clusters }] },
  });
}

/** A short load loses nothing: what the last stimulus left behind has gone. */
async function settled(caller: CallerPod): Promise<void> {
  await until('a load without a loss', SOON_MS, async () =>
    (await runLoad(caller, URL_OF_HELLO, 2)).lost === 0 ? true : undefined,
  );
}

/** From the moment at which `kubectl` has answered. */
async function newService({ east, west, namespace }: Scene, members: Members): Promise<Row> {
  const hello = helloManifests(NODE_PORT + 1).replaceAll('hello', 'fresh');
  const injected = await members.inject(hello, '-n', namespace, '--image', TOOLS);
  await west.kubectl(['apply', '-n', namespace, '-f', '-'], injected);
  await rolledOut(west, 'deployment/fresh', namespace);
  const url = `http://fresh.${namespace}.svc.clusterset.local/`;
  const script = `for i in $(seq 2000); do test "$(curl -s -o /dev/null -w '%{http_code}' --max-time 1 --proxy $ISTHMUS_PROXY ${url})" = 200 && date +%s%3N && exit; sleep 0.005; done`;
  const first = east.kubectl(['exec', 'caller', '-n', namespace, '-c', 'caller', '--', 'sh', '-c', script]);
  await delay(1000);
  const fresh = exported(namespace) as { metadata: object };
  await state(west, { ...fresh, metadata: { name: 'fresh', namespace } });
  const returnedAt = Date.now();
  const answeredAt = Number(await first);
  if (answeredAt === 0) throw new Error('fresh was never answered in the other cluster');
  const tookMs = answeredAt - returnedAt;
  const seen = `${tookMs} ms after kubectl returned`;
  return {
    what: NEW_SERVICE,
    seen,
    bound: '400 ms',
    istio: '577 ms',
    isMet: tookMs <= 400,
  };
}

/** Both of east, while west cannot be heard: from the word to end them until a new one answers and knows west. */
async function restartAlone({ ground, east, west }: Scene, members: Members): Promise<Row> {
  await setLink(ground, west, 'down');
  const pods = ['pods', '-n', NAMESPACE, '-l', `app.kubernetes.io/component=${CONTROLLER}`];
  const before = await east.kubectl(['get', ...pods, '-o', 'jsonpath={.items[*].metadata.name}']);
  const lease = ['get', 'lease', CONTROLLER, '-n', NAMESPACE, '-o', 'jsonpath={.spec.holderIdentity}'];
  const from = performance.now();
  await east.kubectl(['delete', ...pods, '--wait=false']);
  await until('a new controller of east that knows west', SOON_MS, async () => {
    const [leader = ''] = (await east.kubectl(lease)).split('_');
    if (leader === '' || before.split(' ').includes(leader)) return undefined;
    const status = await members.isthmus(east, 'status', '-o', 'json').catch(() => '');
    return status.includes('"west"') ? true : undefined;
  });
  const tookMs = performance.now() - from;
  await setLink(ground, west, 'up');
  const seen = `${(tookMs / 1000).toFixed(1)} s`;
  return { what: RESTART, seen, bound: '3 s', istio: '34.2 s', isMet: tookMs <= 3000 };
}

/** Resident memory of the programs after all that load. */
async function weights({ east, namespace }: Scene): Promise<readonly Row[]> {
  const weigh = async (where: string, ...[pod, container]: readonly [string, string]): Promise<number> => {
    const command = ['sh', '-c', "awk '/VmRSS/ { print $2 }' /proc/1/status"];
    const text = await east.kubectl(['exec', pod, '-n', where, '-c', container, '--', ...command]);
    return Number(text) / 1024;
  };
  const row = (what: string, seen: number, ...[most, istio]: readonly [number, string]): Row => ({
    ...{ what, istio, seen: `${seen.toFixed(0)} MB`, bound: `${most} MB`, isMet: seen <= most },
  });
  return [
    row(
      'memory of a sidecar that was under load',
      await weigh(namespace, 'caller', 'isthmus-sidecar'),
      80,
      '105-132 MB',
    ),
    row(
      'memory of a controller',
      await weigh(NAMESPACE, `deployment/${CONTROLLER}`, CONTROLLER),
      120,
      '130 MB',
    ),
  ];
}
