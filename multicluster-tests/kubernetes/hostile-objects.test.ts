/**
 * Bad input on two real clusters: objects with bad fields in every position, and a cluster whose users export what is
 * not theirs to share. Only the object itself is affected: nothing restarts, nothing else changes, and calls go on.
 */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ACCESS_POLICY_SPEC } from '../../crds/access-policy.ts';
import { FAILOVER_POLICY_SPEC } from '../../crds/failover-policy.ts';
import type { CrdSchema } from '../../crds/schema.ts';
import { SERVICE_EXPORT_SPEC } from '../../crds/service-export.ts';
import { SERVICE_IMPORT_SPEC } from '../../crds/service-import.ts';
import { answering, ask, startAnswering, startAsker } from './answering.ts';
import { startApiRelay, type ApiRelay } from './api-relay.ts';
import { requestsOf } from './audit-log.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { badFields, withField, type BadField } from './hostile-fields.ts';
import { exported, imported, makeNamespace, service, state } from './mcs-objects.ts';
import { startMembers } from './members.ts';
import { planGround } from './plan.ts';
import { openRawPost, type RawPost } from './raw-post.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';
import { startCalling, steadyState, type Calling } from './unharmed.ts';

const SOON_MS = 25_000;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

const targetRef = { kind: 'Service', name: 'hello' };
const MCS = 'multicluster.x-k8s.io/v1beta1';
const OWN = 'isthmus.dev/v1alpha1';
const KINDS: readonly {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly schema: CrdSchema;
  readonly spec: object;
}[] = [
  {
    ...{ apiVersion: OWN, kind: 'FailoverPolicy', plural: 'failoverpolicies' },
    ...{ schema: FAILOVER_POLICY_SPEC, spec: { targetRef } },
  },
  {
    ...{ apiVersion: OWN, kind: 'AccessPolicy', plural: 'accesspolicies' },
    ...{ schema: ACCESS_POLICY_SPEC, spec: { targetRef, allow: [{ from: [{ cluster: 'west' }] }] } },
  },
  {
    ...{ apiVersion: MCS, kind: 'ServiceExport', plural: 'serviceexports' },
    ...{ schema: SERVICE_EXPORT_SPEC, spec: {} },
  },
  {
    ...{ apiVersion: MCS, kind: 'ServiceImport', plural: 'serviceimports' },
    ...{ schema: SERVICE_IMPORT_SPEC, spec: { type: 'Headless', ports: [] } },
  },
];

interface Conditions {
  readonly status?: { readonly conditions?: readonly object[] };
}

describe.skipIf(inject('missing').length > 0)('bad input on two clusters', () => {
  let east: Cluster;
  let west: Cluster;
  let relay: ApiRelay;
  let api: RawPost;
  let before: readonly string[];
  /** Statuses that are written, each once. */
  let taken: readonly string[] = [];
  let calling: Calling;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'flat' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    await startMembers(ground);
    relay = await startApiRelay(east.plan);
    api = await openRawPost(relay.access);
    await makeNamespace('good', [east, west]);
    await makeNamespace('bad', [east, west]);
    await Promise.all([startAsker(west), startAnswering(east, 'good')]);
    await state(east, answering('good'), exported('good'));
    await soon(async () => expect(await ask(west, GOOD)).toHaveLength(1));
    before = await Promise.all([east, west].map(steadyState));
    calling = startCalling(west, GOOD);
  });
  afterAll(async () => {
    void calling.stop();
    api.stop();
    await relay.stop();
    await tearDown(TEST_GROUNDS.shared);
  });

  const GOOD = 'hello.good.svc.clusterset.local';
  const soon = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 300 });

  async function conditionsOf({ kubectl }: Cluster, kind: string, key: string): Promise<readonly object[]> {
    const [namespace = '', name = ''] = key.split('/');
    const text = await kubectl(['get', kind, name, '-n', namespace, '-o', 'json']);
    return (JSON.parse(text) as Conditions).status?.conditions ?? [];
  }

  it.each(KINDS)('$kind: a bad field in any position is refused by its name', async (of) => {
    const { apiVersion, kind, plural, schema, spec } = of;
    const path = `/apis/${apiVersion}/namespaces/bad/${plural}`;
    const fields = badFields(schema, ['spec']);
    expect(fields.length).toBeGreaterThan(10);
    const passed = await Promise.all(
      fields.map(async (field, i) => {
        const document = { apiVersion, kind, metadata: { name: `bad-${i}` }, spec };
        const { status, body } = await api.post(path, JSON.stringify(withField(document, field)));
        const isRefused = (status === 400 || status === 422) && nameIn(field, body);
        return isRefused ? [] : [`${field.path.join('.')} ${field.what}: ${status} ${body.slice(0, 300)}`];
      }),
    );
    expect(passed.flat()).toEqual([]);
    say(`${kind}: ${fields.length} bad fields refused`);
  });

  it.each(KINDS)('$kind: a field that stands twice is refused by its name', async (of) => {
    const { apiVersion, kind, plural, spec } = of;
    const head = JSON.stringify({ apiVersion, kind, metadata: { name: 'twice' } }).slice(0, -1);
    const body = `${head},"spec":${JSON.stringify(spec)},"spec":${JSON.stringify(spec)}}`;
    const answer = await api.post(`/apis/${apiVersion}/namespaces/bad/${plural}`, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(/duplicate field.*spec/);
  });

  it('tells what no schema can say to the object itself, once, in a condition', async () => {
    const names = ['', 'A b', 'x'.repeat(64), Array(257).fill('x'), 7, null];
    const accepted = [
      ...names.map((cluster) => ({ of: KINDS[1], spec: { allow: [{ from: [{ cluster }] }] } })),
      ...[{ name: 'x', weight: 1e300 }, { weight: 1 }, 7, 'A b'].map((entry) => ({
        ...{ of: KINDS[0], spec: { targetRef, levels: [{ clusters: [entry, entry] }] } },
      })),
      { of: KINDS[2], spec: { exportedLabels: { 'a b': 'c d' } } },
    ];
    const answers = await Promise.all(
      accepted.map(({ of, spec }, i) => {
        const { apiVersion = '', kind = '', plural = '' } = of ?? {};
        const metadata = { name: `taken-${i}` };
        const path = `/apis/${apiVersion}/namespaces/bad/${plural}`;
        return api.post(path, JSON.stringify({ apiVersion, kind, metadata, spec }));
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual(accepted.map(() => 201));
    const told = accepted.map(({ of }) => ({
      ...{ status: 'False', reason: of === KINDS[2] ? 'Failed' : 'Invalid', observedGeneration: 1 },
      ...{ type: of === KINDS[2] ? 'Ready' : 'Accepted' },
      message: expect.stringMatching(/spec\.\w+/) as unknown,
    }));
    const kindOf = (i: number): string => accepted[i]?.of?.kind ?? '';
    await soon(async () => {
      const said = await Promise.all(told.map((_, i) => conditionsOf(east, kindOf(i), `bad/taken-${i}`)));
      expect(said).toMatchObject(told.map((condition) => [condition]));
    });
    taken = accepted.map(({ of }, i) => `${of?.plural ?? ''}/status bad/taken-${i}`).sort();
  });

  it('tells a policy that is taken up, one that comes second, and one about nothing, which is which', async () => {
    const { apiVersion, kind } = KINDS[0]!;
    const policy = (name: string, target: string): object => ({
      ...{ apiVersion, kind, metadata: { namespace: 'good', name } },
      spec: { targetRef: { kind: 'Service', name: target } },
    });
    await state(
      east,
      ...[policy('a-first', 'hello'), policy('b-second', 'hello'), policy('c-nothing', 'nobody')],
    );
    const names = ['a-first', 'b-second', 'c-nothing'];
    await soon(async () =>
      expect(await Promise.all(names.map((name) => conditionsOf(east, kind, `good/${name}`)))).toMatchObject([
        [{ type: 'Accepted', status: 'True', reason: 'Accepted' }],
        [
          {
            ...{ type: 'Accepted', status: 'False', reason: 'Conflicted' },
            message: 'good/hello has the policy good/a-first already, which stays in force',
          },
        ],
        [{ type: 'Accepted', status: 'False', reason: 'TargetNotFound' }],
      ]),
    );
  });

  it.each(['kube-system/kube-dns', 'default/kubernetes'])(
    'an export of %s is told why it is not offered, and reaches nobody',
    async (key) => {
      const [namespace = '', name = ''] = key.split('/');
      const bare = exported(namespace);
      await state(west, { ...bare, metadata: { namespace, name } });
      await soon(async () =>
        expect(await conditionsOf(west, 'serviceexport', key)).toMatchObject([
          {
            ...{ type: 'Ready', status: 'False', reason: 'Failed' },
            message: `not offered: ${key} is of the system of its cluster, which is never exported`,
          },
        ]),
      );
    },
  );

  it.each(KINDS.slice(0, 2))(
    '$kind in a system namespace: it is told that it holds for nothing',
    async (of) => {
      const { apiVersion, kind, spec } = of;
      const [namespace, name] = ['kube-system', 'idle'];
      await state(east, { apiVersion, kind, spec, metadata: { namespace, name } });
      const message = `metadata.namespace: ${namespace} is a system namespace, which the mesh leaves alone; it holds for nothing`;
      await soon(async () =>
        expect(await conditionsOf(east, kind, `${namespace}/${name}`)).toMatchObject([
          { type: 'Accepted', status: 'False', reason: 'Invalid', message },
        ]),
      );
    },
  );

  it('an export of a name that is in the other cluster leaves the Service there alone', async () => {
    await state(east, service('bad'));
    const version = ['get', 'service', 'hello', '-n', 'bad', '-o', 'json'];
    const held = await east.kubectl(version);
    await state(west, service('bad', { ports: [{ name: 'other', port: 4242 }] }), exported('bad'));
    await soon(async () =>
      expect((await imported(east, 'bad'))?.status?.clusters).toEqual([{ cluster: 'west' }]),
    );
    expect(await east.kubectl(version)).toBe(held);
  });

  it('an import that somebody made is left as it is, whoever exports its name', async () => {
    const namespace = await makeNamespace('taken', [east, west]);
    const spec = { type: 'Headless', ports: [] };
    await state(east, {
      apiVersion: MCS,
      kind: 'ServiceImport',
      metadata: { name: 'hello', namespace },
      spec,
    });
    const read = ['get', 'serviceimport', 'hello', '-n', namespace, '-o', 'json'];
    const held = await east.kubectl(read);
    await state(west, service(namespace), exported(namespace));
    await soon(async () => expect(await imported(west, namespace)).toBeDefined());
    // What comes later has reached the other cluster by then, so this would have too.
    const later = await makeNamespace('later', [east, west]);
    await state(west, service(later), exported(later));
    await soon(async () => expect(await imported(east, later)).toBeDefined());
    expect(await east.kubectl(read)).toBe(held);
  });

  it('changed nothing else: no restart, no other leader, no failed call', async () => {
    for (const cluster of [east, west]) {
      const imports = await cluster.kubectl(['get', 'serviceimports', '-A', '-o', 'name']);
      expect(imports).not.toMatch(/kube-dns|kubernetes$/m);
    }
    expect(await Promise.all([east, west].map(steadyState))).toEqual(before);
    const toTaken = requestsOf(east.plan).filter(({ object = '' }) => object.startsWith('bad/taken-'));
    expect(toTaken.map(({ resource, object = '' }) => `${resource} ${object}`).sort()).toEqual(taken);
    const { calls, answers } = await calling.stop();
    expect(calls).toBeGreaterThan(100);
    expect(answers).toBe(calls);
    say(`${calls} calls, all answered`);
  });
});

/** The refusal names the whole path. */
function nameIn({ path }: BadField, body: string): boolean {
  const { message } = JSON.parse(body) as { readonly message: string };
  return message.includes(path.join('.').replaceAll('.0', '[0]'));
}
