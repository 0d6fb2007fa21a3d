/** Sidecars by the label of a namespace, in a real cluster: whom they are given, and what happens when nobody gives them. */
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { TOOLS } from './images/ground-images.ts';
import { makeNamespace, service, state } from './mcs-objects.ts';
import { INSTALL, placeOf, startMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';
import {
  CONTROLLER,
  NAMESPACE,
  WEBHOOK,
  WEBHOOK_SECRET,
} from '../../mesh/adapters/kubernetes/installation.ts';

const SOON_MS = 60_000;
/** The API server waits for a webhook for 3 s. */
const FAIL_OPEN_MS = 3_500;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly initContainers?: readonly {
      readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
      readonly name: string;
      readonly image: string;
      readonly restartPolicy?: string;
    }[];
  };
}

const SPEC = {
  terminationGracePeriodSeconds: 0,
  containers: [
    {
      ...{ name: 'app', image: TOOLS, imagePullPolicy: 'Never', ports: [{ containerPort: 8080 }] },
      command: [
        'node',
        '-e',
        "require('node:http').createServer((_, response) => response.end('ok')).listen(8080)",
      ],
    },
  ],
};

function pod(namespace: string, metadata: object = {}, spec: object = {}): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    ...{ metadata: { name: 'probe', namespace, ...metadata }, spec: { ...SPEC, ...spec } },
  };
}

const sidecarsOf = ({ spec }: Pod): readonly string[] => (spec.initContainers ?? []).map(({ name }) => name);

describe.skipIf(inject('missing').length > 0)('the injection webhook of a cluster', () => {
  let east: Cluster;
  let members: Members;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 1, layout: 'overlapping' }),
      say,
    );
    [east] = ground.clusters as [Cluster];
    members = await startMembers(ground);
    await makeNamespace('plain', [east]);
    await state(east, {
      ...{ apiVersion: 'v1', kind: 'Namespace' },
      metadata: { name: 'shop', labels: { 'isthmus.dev/injection': 'enabled' } },
    });
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  /** As the API server would make it, webhooks and all. */
  async function admitted(...pods: readonly object[]): Promise<readonly Pod[]> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods });
    const made = await east.kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], list);
    return made.split(/^(?=\{)/m).map((text) => JSON.parse(text) as Pod);
  }

  async function caBundle(): Promise<string> {
    const paths = '{range .webhooks[*]}{.clientConfig.caBundle}{"\\n"}{end}';
    const [first = '', second] = (
      await east.kubectl(['get', 'mutatingwebhookconfiguration', WEBHOOK, '-o', `jsonpath=${paths}`])
    ).split('\n');
    expect(second).toBe(first);
    return Buffer.from(first, 'base64').toString();
  }

  async function secretField(field: string): Promise<string> {
    const secret = ['get', 'secret', WEBHOOK_SECRET, '-n', NAMESPACE, '-o', 'json'];
    const { data = {} } = JSON.parse(await east.kubectl(secret)) as {
      data?: Readonly<Record<string, string>>;
    };
    return Buffer.from(data[field] ?? '', 'base64').toString();
  }

  it('gives the pods of a Deployment in a labelled namespace their sidecars, which are ready in the mesh', async () => {
    const labels = { app: 'hello' };
    await state(
      east,
      service('shop', { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
      {
        ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'hello', namespace: 'shop' } },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: SPEC },
        },
      },
    );
    await east.kubectl(['rollout', 'status', 'deployment/hello', '-n', 'shop', '--timeout=120s']);
    const text = await east.kubectl(['get', 'pods', '-n', 'shop', '-l', 'app=hello', '-o', 'json']);
    const { items } = JSON.parse(text) as { readonly items: readonly Pod[] };
    expect(items).toHaveLength(2);
    for (const { spec } of items)
      expect(spec.initContainers).toMatchObject([
        { name: 'isthmus-sidecar', image: TOOLS, restartPolicy: 'Always' },
      ]);
    await vi.waitFor(
      async () => expect(await members.isthmus(east, 'get', 'services')).toMatch(/shop\/hello +80 +no +2\/2/),
      { timeout: SOON_MS, interval: 500 },
    );
  });

  it.each([
    ['the label of its namespace', pod('shop'), true],
    [
      'its own label, where the namespace says nothing',
      pod('plain', { labels: { 'isthmus.dev/inject': 'true' } }),
      true,
    ],
    ['nobody', pod('plain'), false],
    ['nobody, with a label that refuses', pod('shop', { labels: { 'isthmus.dev/inject': 'false' } }), false],
    [
      'nobody, with an annotation that refuses',
      pod('shop', { annotations: { 'isthmus.dev/inject': 'false' } }),
      false,
    ],
    ['nobody, as it shares the network of its node', pod('shop', {}, { hostNetwork: true }), false],
    [
      'nobody, as what it says of itself is wrong',
      pod('shop', { annotations: { 'isthmus.dev/port': 'x' } }),
      false,
    ],
    [
      'nobody in kube-system, whatever it says',
      pod('kube-system', { labels: { 'isthmus.dev/inject': 'true' } }),
      false,
    ],
  ])('a pod is given a sidecar by %s', async (_who, wanted, expected) => {
    const [made] = await admitted(wanted);
    expect(sidecarsOf(made!)).toEqual(expected ? ['isthmus-sidecar'] : []);
  });

  it('leaves the sidecar the limits that a LimitRange gives it and a ResourceQuota asks for', async () => {
    const of = (kind: string): object => ({
      apiVersion: 'v1',
      kind,
      metadata: { name: 'limited', namespace: 'limited' },
    });
    const labels = { 'isthmus.dev/injection': 'enabled' };
    await state(
      east,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'limited', labels } },
      { ...of('LimitRange'), spec: { limits: [{ type: 'Container', default: { cpu: '700m' } }] } },
      { ...of('ResourceQuota'), spec: { hard: { 'limits.cpu': '8' } } },
    );
    const [made] = await vi.waitFor(() => admitted(pod('limited')), { timeout: SOON_MS, interval: 200 });
    expect(made?.spec.initContainers).toMatchObject([
      { name: 'isthmus-sidecar', resources: { limits: { cpu: '700m', memory: '256Mi' } } },
    ]);
  });

  it('keeps whom API servers trust it by when the installation is repeated', async () => {
    const before = await caBundle();
    expect(before).toContain('BEGIN CERTIFICATE');
    await members.isthmus(east, 'init', '--mesh', 'acme', ...placeOf(east), ...INSTALL);
    expect(await caBundle()).toBe(before);
  });

  /** Asks for pods without a pause until it is told to end; then answers what was missed, and of how many. */
  function askForPods(): { readonly count: () => number; end(): Promise<readonly string[]> } {
    let [isOver, count] = [false, 0];
    const missed: string[] = [];
    const run = async (): Promise<void> => {
      while (!isOver) {
        const pods = await admitted(
          ...Array.from({ length: 10 }, (_, i) => pod('shop', { name: `probe-${i}` })),
        );
        count += pods.length;
        missed.push(
          ...pods.filter((made) => sidecarsOf(made).length !== 1).map(({ metadata }) => metadata.name),
        );
      }
    };
    const running = run();
    return {
      count: () => count,
      async end() {
        isOver = true;
        await running;
        say(`${count} pods asked for meanwhile`);
        return missed;
      },
    };
  }

  it('misses no pod while its authority and its certificate are replaced', async () => {
    const served = async (): Promise<number> => {
      const logs = ['logs', '-n', NAMESPACE, '-l', `app.kubernetes.io/component=${CONTROLLER}`, '--tail=-1'];
      return (await east.kubectl(logs)).split('webhook serves').length - 1;
    };
    const [authority, before] = [await secretField('ca.crt'), await served()];
    const asking = askForPods();
    const patch = JSON.stringify([{ op: 'remove', path: '/data' }]);
    await east.kubectl(['patch', 'secret', WEBHOOK_SECRET, '-n', NAMESPACE, '--type=json', '-p', patch]);
    await vi.waitFor(async () => expect(await served()).toBe(before + 2), {
      timeout: SOON_MS,
      interval: 500,
    });
    const countBefore = asking.count();
    await vi.waitFor(() => expect(asking.count()).toBeGreaterThan(countBefore + 20), {
      ...{ timeout: SOON_MS, interval: 100 },
    });
    expect(await asking.end()).toEqual([]);
    const renewed = await secretField('ca.crt');
    expect(renewed).not.toBe(authority);
    expect(await caBundle()).toContain(renewed.trim());
    expect(await caBundle()).toContain(authority.trim());
    const serving = new X509Certificate(await secretField('tls.crt'));
    expect(serving.verify(new X509Certificate(renewed).publicKey)).toBe(true);
  });

  it('misses no pod while the controllers are replaced', async () => {
    const asking = askForPods();
    await east.kubectl(['rollout', 'restart', `deployment/${CONTROLLER}`, '-n', NAMESPACE]);
    await east.kubectl(['rollout', 'status', `deployment/${CONTROLLER}`, '-n', NAMESPACE, '--timeout=60s']);
    expect(await asking.end()).toEqual([]);
    expect(asking.count()).toBeGreaterThan(20);
  });

  it('keeps nobody from making pods when no controller is left', async () => {
    await members.stopOne(east);
    const began = performance.now();
    const [made] = await admitted(pod('shop'));
    const took = performance.now() - began;
    expect(sidecarsOf(made!)).toEqual([]);
    say(`made without a webhook in ${took.toFixed(0)} ms`);
    expect(took).toBeLessThan(FAIL_OPEN_MS);
    await members.startOne(east);
    await vi.waitFor(async () => expect(sidecarsOf((await admitted(pod('shop')))[0]!)).toHaveLength(1), {
      ...{ timeout: SOON_MS, interval: 200 },
    });
  });
});
