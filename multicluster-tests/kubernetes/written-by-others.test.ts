/**
 * What others write into objects of a real cluster, where Isthmus reads or writes a part of them: conditions, labels and
 * annotations, bad ones too. Only the object itself is affected: nothing restarts, nothing else changes, and calls go on.
 */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { answering, ask, startAnswering, startAsker } from './answering.ts';
import { startApiRelay, type ApiRelay } from './api-relay.ts';
import { requestsOf } from './audit-log.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { IDLE, IDLE_LABELS, NO_SERVICE, NOT_ENABLED, UNREAD, UNUSABLE } from './hostile-metadata.ts';
import { TOOLS } from './images/ground-images.ts';
import { conditionOf, exported, imported, makeNamespace, service, state } from './mcs-objects.ts';
import { startMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { openRawPost, type RawPost } from './raw-post.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';
import { startCalling, steadyState, type Calling } from './unharmed.ts';

const SOON_MS = 60_000;
const GOOD = 'hello.good.svc.clusterset.local';
/** As server-side apply of somebody else. */
const REVIEW = ['apply', '--server-side', '--subresource=status', '--field-manager=reviewer', '-f', '-'];
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

interface Metadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface MadePod {
  readonly spec: { readonly initContainers?: readonly { readonly name: string }[] };
}

const SPEC = {
  terminationGracePeriodSeconds: 0,
  containers: [{ name: 'app', image: TOOLS, imagePullPolicy: 'Never', command: ['sleep', 'infinity'] }],
};

const namespace = (name: string, metadata: Metadata = {}): object => ({
  ...{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...metadata } },
});

const pod = (name: string, metadata: Metadata = {}): object => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: SPEC },
});

describe.skipIf(inject('missing').length > 0)('what others write into objects', () => {
  let east: Cluster;
  let members: Members;
  let relay: ApiRelay;
  let api: RawPost;
  let before: string;
  let calling: Calling;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 1, layout: 'flat' }),
      say,
    );
    [east] = ground.clusters as [Cluster];
    members = await startMembers(ground);
    relay = await startApiRelay(east.plan);
    api = await openRawPost(relay.access);
    for (const name of ['good', 'first', 'later', 'services']) await makeNamespace(name, [east]);
    await state(east, namespace('pods', { labels: { 'isthmus.dev/injection': 'enabled' } }));
    await Promise.all([startAsker(east), startAnswering(east, 'good')]);
    await state(east, answering('good'), exported('good'));
    await soon(async () => expect(await ask(east, GOOD)).toHaveLength(1));
    before = await steadyState(east);
    calling = startCalling(east, GOOD);
  });
  afterAll(async () => {
    void calling.stop();
    api.stop();
    await relay.stop();
    await tearDown(TEST_GROUNDS.shared);
  });

  const soon = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 300 });

  /** What it would be, and what is said of it. */
  async function admitted(
    where: string,
    metadata: Metadata,
  ): Promise<{ sidecar: boolean; warnings: string }> {
    const path = `/api/v1/namespaces/${where}/pods?dryRun=All`;
    const { status, body, warnings } = await api.post(path, JSON.stringify(pod('probe', metadata)));
    expect({ status, body }).toMatchObject({ status: 201 });
    const { spec } = JSON.parse(body) as MadePod;
    return { sidecar: spec.initContainers?.[0]?.name === 'isthmus-sidecar', warnings };
  }

  it('a condition of another controller stays, and makes nobody write again', async () => {
    await state(east, service('first'), exported('first'));
    await soon(async () => {
      expect(await conditionOf(east, 'first', 'Ready')).toBeDefined();
      expect((await imported(east, 'first'))?.status?.conditions).toMatchObject([{ status: 'True' }]);
    });
    const seen = { type: 'team.example/Seen', status: 'True', reason: 'Seen', message: '' };
    const status = { conditions: [{ ...seen, lastTransitionTime: '2026-01-01T00:00:00Z' }] };
    const written = writtenOf('first');
    await east.kubectl(REVIEW, JSON.stringify({ ...exported('first'), status }));
    // What comes later is told by now, so this would have been written again.
    await state(east, service('later'), exported('later'));
    await soon(async () => expect(await conditionOf(east, 'later', 'Ready')).toBeDefined());
    expect(writtenOf('first')).toEqual(written);
    for (const type of ['Valid', 'Ready', 'Conflict', seen.type])
      expect(await conditionOf(east, 'first', type)).toBeDefined();
  });

  /** Patches of objects of a namespace by controllers. */
  function writtenOf(name: string): readonly string[] {
    return requestsOf(east.plan)
      .filter(({ verbs, object = '' }) => verbs.includes('patch') && object.startsWith(`${name}/`))
      .map(({ resource, object = '' }) => `${resource} ${object}`);
  }

  it('a label of another owner stays on what the mesh makes, and makes nobody write again', async () => {
    const written = ['first', 'good'].map(writtenOf);
    const seen = 'team.example/seen=yes';
    const label = (where: string, kinds: string): Promise<string> =>
      east.kubectl(['label', kinds, '-n', where, '-l', 'app.kubernetes.io/managed-by=isthmus', seen]);
    const labelled = [
      await label('first', 'serviceimports.multicluster.x-k8s.io,services,configmaps'),
      await label('good', 'endpointslices'),
    ];
    for (const what of ['serviceimport', 'service/derived-', 'configmap/isthmus', 'endpointslice'])
      expect(labelled.join('')).toContain(what);
    await state(east, service('later', { ports: [{ name: 'other', port: 43 }] }));
    await soon(async () =>
      expect(await members.isthmus(east, 'get', 'services')).toMatch(/later\/hello +43 /),
    );
    expect(['first', 'good'].map(writtenOf)).toEqual(written);
    const kept = ['get', 'serviceimports', '-n', 'first', '-l', seen, '-o', 'name'];
    expect(await east.kubectl(kept)).toContain('serviceimport');
  });

  it('a pod whose annotations cannot be used is made without a sidecar, and told which it is', async () => {
    const wrong = UNUSABLE.map(([name, value]) => ({ name, annotations: { [name]: value } }));
    const labelled = NO_SERVICE.map(([name, value]) => ({
      ...{ name: 'isthmus.dev/service', labels: { [name]: value } },
    }));
    const said = await Promise.all(
      [...wrong, ...labelled].map(async ({ name, ...metadata }) => {
        const { sidecar, warnings } = await admitted('pods', metadata);
        const isTold = !sidecar && warnings.includes(`no sidecar: pods/probe: ${name}: `);
        return isTold ? [] : [`${JSON.stringify(metadata).slice(0, 100)}: ${sidecar} ${warnings}`];
      }),
    );
    expect(said.flat()).toEqual([]);
    say(`${said.length} pods without a sidecar`);
  });

  it('a pod with other words has the sidecar that its namespace gives it', async () => {
    const all = [
      ...IDLE.map(([name, value]) => ({ annotations: { [name]: value } })),
      ...IDLE_LABELS.map(([name, value]) => ({ labels: { [name]: value } })),
    ];
    const without = await Promise.all(
      all.map(async (metadata) => {
        const { sidecar, warnings } = await admitted('pods', metadata);
        return sidecar && warnings === '' ? [] : [`${JSON.stringify(metadata).slice(0, 100)}: ${warnings}`];
      }),
    );
    expect(without.flat()).toEqual([]);
  });

  it('a pod with bad annotations runs, beside one that has its sidecar', async () => {
    for (const one of [pod('bad', { annotations: { 'isthmus.dev/port': '0' } }), pod('fine')])
      expect(await api.post('/api/v1/namespaces/pods/pods', JSON.stringify(one))).toMatchObject({
        status: 201,
      });
    await east.kubectl([
      'wait',
      '--for=condition=Ready',
      'pod/bad',
      'pod/fine',
      '-n',
      'pods',
      '--timeout=60s',
    ]);
    const names = 'jsonpath={range .items[*]}{.metadata.name} {.spec.initContainers[0].name}{"\\n"}{end}';
    expect(await east.kubectl(['get', 'pods', '-n', 'pods', '-o', names])).toBe(
      'bad \nfine isthmus-sidecar\n',
    );
  });

  it('a namespace with bad labels and annotations gives its pods no sidecars, and is of the mesh', async () => {
    const bad = [
      ...NOT_ENABLED.map(([name, value]) => ({ labels: { [name]: value } })),
      ...UNREAD.map(([name, value]) => ({ annotations: { [name]: value } })),
    ];
    await state(east, ...bad.map((metadata, i) => namespace(`bad-${i}`, metadata)));
    const made = await Promise.all(bad.map((_, i) => admitted(`bad-${i}`, {})));
    expect(made.filter(({ sidecar, warnings }) => sidecar || warnings !== '')).toEqual([]);
    const get = ['get', 'configmaps', '-A', '--field-selector=metadata.name=isthmus', '-o'];
    await soon(async () => {
      const found = (await east.kubectl([...get, 'jsonpath={.items[*].metadata.namespace}'])).split(' ');
      expect(found.filter((name) => name.startsWith('bad-'))).toHaveLength(bad.length);
    });
  });

  it('a Service with bad labels and annotations is of the mesh as any other', async () => {
    const bad = UNREAD.map(([name, value]) => ({ annotations: { [name]: value } }));
    const labelled = NOT_ENABLED.map(([name, value]) => ({ labels: { [name]: value } }));
    const all = [...bad, ...labelled].map((metadata, i) => ({
      ...service('services'),
      metadata: { name: `bad-${i}`, namespace: 'services', ...metadata },
    }));
    await state(east, ...all);
    await soon(async () => {
      const services = await members.isthmus(east, 'get', 'services');
      expect(services.match(/^services\/bad-\d+ +42 /gm)).toHaveLength(all.length);
    });
  });

  it('changed nothing else: no restart, no other leader, no fault, no failed call', async () => {
    expect(await steadyState(east)).toBe(before);
    expect(await members.isthmus(east, 'status')).not.toContain('!');
    const { calls, answers } = await calling.stop();
    expect(calls).toBeGreaterThan(100);
    expect(answers).toBe(calls);
    say(`${calls} calls, all answered`);
  });
});
