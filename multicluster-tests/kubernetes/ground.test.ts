/** The ground itself: that its clusters are what they claim to be, and that nothing of them stays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { until } from '../../examples/demo/processes.ts';
import type { Cluster } from './cluster.ts';
import { auditLogFile } from './control-plane.ts';
import { processesIn } from './footprint.ts';
import { raiseGround, type Ground } from './ground.ts';
import { helloManifests, type Hello } from './hello.ts';
import { logOf } from './node.ts';
import { expectNothingLeft, footprintOf } from './nothing-left.ts';
import { planGround } from './plan.ts';
import { run } from './run.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const NODE_PORT = 30_080;
const READY_MS = 120_000;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

async function deployHello({ kubectl }: Cluster): Promise<void> {
  await kubectl(['apply', '-f', '-'], helloManifests(NODE_PORT));
  await kubectl(['rollout', 'status', 'deployment/hello', `--timeout=${READY_MS / 1000}s`]);
}

async function ask({ kubectl }: Cluster, url: string): Promise<Hello> {
  const curl = ['curl', '--silent', '--show-error', '--max-time', '10', url];
  return JSON.parse(await kubectl(['exec', 'deployment/hello', '-c', 'hello', '--', ...curl])) as Hello;
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: { readonly podIP: string };
}

async function helloPods({ kubectl }: Cluster): Promise<Pod[]> {
  return (JSON.parse(await kubectl(['get', 'pods', '-l', 'app=hello', '-o', 'json'])) as { items: Pod[] })
    .items;
}

describe.skipIf(inject('missing').length > 0)('two clusters of the same ranges', () => {
  let ground: Ground;
  let east: Cluster;
  let west: Cluster;

  beforeAll(async () => {
    const plan = planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'overlapping' });
    ground = await raiseGround(plan, say);
    [east, west] = ground.clusters as [Cluster, Cluster];
    await Promise.all(ground.clusters.map(deployHello));
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  it('have nodes of the pinned version, and the same pod range', async () => {
    const wanted = /k8s\.io\/kubernetes (v\S+)/.exec(
      readFileSync(path.join(import.meta.dirname, 'binaries', 'kubernetes', 'go.mod'), 'utf8'),
    )?.[1];
    for (const { kubectl } of [east, west]) {
      const columns =
        '{.status.nodeInfo.kubeletVersion} {.spec.podCIDR} {.status.nodeInfo.containerRuntimeVersion}';
      const [version, range, runtime] = (
        await kubectl(['get', 'nodes', '-o', `jsonpath={range .items[*]}${columns}{end}`])
      ).split(' ');
      expect(version).toBe(wanted);
      expect(range).toBe('10.244.0.0/24');
      expect(runtime).toMatch(/^containerd:/);
    }
  });

  it('run a Deployment whose native sidecar starts first', async () => {
    const path = '{.items[*].status.initContainerStatuses[*].state}';
    const states = await east.kubectl(['get', 'pods', '-l', 'app=hello', '-o', `jsonpath=${path}`]);
    expect(states.match(/"running"/g)).toHaveLength(2);
    expect(states.match(/"exitCode":0/g)).toHaveLength(2);
    expect(await east.kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.status.readyReplicas}'])).toBe(
      '2',
    );
  });

  it('answer under the service name and the service address', async () => {
    const names = (await helloPods(east)).map((pod) => pod.metadata.name);
    const address = await east.kubectl(['get', 'service', 'hello', '-o', 'jsonpath={.spec.clusterIP}']);
    expect(address).toMatch(/^10\.96\./);
    expect(names).toContain((await ask(east, `http://${address}/`)).pod);
    expect(names).toContain((await ask(east, 'http://hello/')).pod);
    expect(names).toContain((await ask(east, 'http://hello.default.svc.cluster.local/')).pod);
  });

  it('run commands in pods, with Isthmus at hand, and show their logs', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const told = await west.kubectl(['exec', 'deployment/hello', '-c', 'hello', '--', 'isthmus', 'version']);
    expect(told).toContain(version);
    await ask(west, 'http://127.0.0.1:8080/a-mark-in-the-log');
    expect(await west.kubectl(['logs', '-l', 'app=hello', '-c', 'hello', '--tail=-1'])).toContain(
      'asked for /a-mark-in-the-log',
    );
  });

  it('reach a node port of the other cluster from a pod', async () => {
    const [eastern, western] = [await helloPods(east), await helloPods(west)];
    const { pod } = await ask(east, `http://${west.plan.nodeAddress}:${NODE_PORT}/`);
    expect(western.map(({ metadata }) => metadata.name)).toContain(pod);
    expect(eastern.map(({ metadata }) => metadata.name)).not.toContain(pod);
  });

  it('write down who asked for what', async () => {
    await west.kubectl(['create', 'serviceaccount', 'reader']);
    const asked = ['get', 'secrets', '--as', 'system:serviceaccount:default:reader'];
    await expect(west.kubectl(asked)).rejects.toThrow('forbidden');
    const refused = await until('the line of the audit log', READY_MS, () => {
      const lines = readFileSync(auditLogFile(west.plan), 'utf8').split('\n').filter(Boolean);
      const events = lines.map((line) => JSON.parse(line) as AuditEvent);
      return Promise.resolve(events.find((event) => event.impersonatedUser?.username.endsWith(':reader')));
    });
    expect(refused).toMatchObject({
      ...{ verb: 'list', user: { username: 'admin' }, responseStatus: { code: 403 } },
      objectRef: { resource: 'secrets', namespace: 'default' },
    });
  });

  it('go up once: again is the same ground, another plan is refused', async () => {
    const again = await raiseGround(ground.plan, say);
    expect(again.plan).toEqual(ground.plan);
    expect((await helloPods(east)).length).toBe(2);
    const flat = planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'flat' });
    await expect(raiseGround(flat, say)).rejects.toThrow('take it down first');
  });

  it('leave nothing behind', async () => {
    const before = await footprintOf(ground.plan);
    // Programs, pods and their groups are seen now, so that their absence says something.
    const running = processesIn(before.namespaces);
    expect(running.filter((line) => line.includes('kube-apiserver --etcd'))).not.toEqual([]);
    expect(running.filter((line) => line.includes('asked for'))).toHaveLength(4);
    expect(before.controlGroups.size).toBeGreaterThan(4);
    await tearDown(TEST_GROUNDS.shared);
    expectNothingLeft(TEST_GROUNDS.shared, before);
    await tearDown(TEST_GROUNDS.shared);
  });
});

interface AuditEvent {
  readonly verb: string;
  readonly impersonatedUser?: { readonly username: string };
}

describe.skipIf(inject('missing').length > 0)('three clusters of one flat network', () => {
  let clusters: readonly Cluster[];

  beforeAll(async () => {
    const plan = planGround({ name: TEST_GROUNDS.shared, clusters: 3, layout: 'flat' });
    ({ clusters } = await raiseGround(plan, say));
    await Promise.all(clusters.map(deployHello));
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  it('reach each other’s pods by their own addresses, and are seen under their own', async () => {
    const [east, , north] = clusters as [Cluster, Cluster, Cluster];
    const [target] = await helloPods(north);
    const callers = (await helloPods(east)).map(({ status }) => status.podIP);
    const answer = await ask(east, `http://${target!.status.podIP}:8080/`);
    expect(answer.pod).toBe(target!.metadata.name);
    expect(callers).toContain(answer.from);
  });
});

describe.skipIf(inject('missing').length > 0)('a ground whose maker was killed', () => {
  afterAll(() => tearDown(TEST_GROUNDS.crashed));

  it('is taken down whole', async () => {
    const name = TEST_GROUNDS.crashed;
    const main = path.join(import.meta.dirname, 'clusters.ts');
    const maker = spawn(process.execPath, [main, 'up', '--name', name], { stdio: 'ignore' });
    const plan = planGround({ name, clusters: 2, layout: 'overlapping' });
    const log = logOf(plan.clusters[1]!, 'kube-apiserver');
    await until('the second API server', READY_MS, () => Promise.resolve(existsSync(log) ? true : undefined));
    const before = await footprintOf(plan);
    expect(processesIn(before.namespaces)).not.toEqual([]);
    maker.kill('SIGKILL');
    await once(maker, 'exit');
    expect(existsSync(path.join(plan.folder, 'plan.json'))).toBe(false);
    await run([process.execPath, main, 'down', '--name', name]);
    expectNothingLeft(name, before);
  });
});
