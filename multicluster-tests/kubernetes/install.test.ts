/** Installation on two real clusters, from nothing to a mesh and back to nothing, as a user does it. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { requestsOf } from './audit-log.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { exported, imported, makeNamespace, service, state } from './mcs-objects.ts';
import { NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import { INSTALL, openMembers, placeOf, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const JOIN_BOUND_MS = 10_000;
/** Longer than a lease that was not given back. */
const SOON_MS = 40_000;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

/** Behind the service `hello`, without a pod that would have to start. */
const ONE_POD = {
  ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
  metadata: { name: 'hello-by-hand', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'hello' } },
  ...{ endpoints: [{ addresses: ['10.244.0.99'] }], ports: [{ name: 'tcp', port: 42 }] },
};

describe.skipIf(inject('missing').length > 0)('an installation on two clusters', () => {
  let east: Cluster;
  let west: Cluster;
  let members: Members;
  let before: readonly (readonly string[])[];
  let granted: readonly (readonly string[])[] = [];

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'overlapping' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    members = openMembers(ground);
    before = await Promise.all(ground.clusters.map(inventory));
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  const soon = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 200 });

  it('makes a mesh with one command, and can be repeated', async () => {
    const said = await members.isthmus(east, 'init', '--mesh', 'acme', ...placeOf(east), ...INSTALL);
    expect(said).toContain('✓ root of trust created');
    expect(said).toMatch(/✓ controller 2\/2, gateway 2\/2 ready +gateway 10\.111\.0\.11:\d+/);
    const root = ['get', 'trustbundle', 'acme', '-o', 'jsonpath={.status.roots[0]}'];
    const made = await east.kubectl(root);
    expect(made).toMatch(/^[0-9a-f]{64}$/);
    const again = await members.isthmus(east, 'init', '--mesh', 'acme', ...placeOf(east), ...INSTALL);
    expect(again).not.toContain('root of trust created');
    expect(await east.kubectl(root)).toBe(made);
  });

  it('joins with one command, within 10 s', async () => {
    const began = performance.now();
    const said = await members.isthmus(west, 'join', '--to', 'east', ...placeOf(west), ...INSTALL);
    const took = performance.now() - began;
    say(`joined in ${(took / 1000).toFixed(1)} s`);
    expect(said).toMatch(/✓ dialled 10\.111\.0\.11:\d+, root fingerprint matches/);
    expect(said).toMatch(/may only speak for west\.acme/);
    expect(said).toContain('✓ exchange with east up');
    expect(took).toBeLessThan(JOIN_BOUND_MS);
  });

  it('runs its pods under the restricted standard, with tokens for nothing but Isthmus', async () => {
    const level = ['get', 'namespace', NAMESPACE, '-o', 'jsonpath={.metadata.labels}'];
    expect(JSON.parse(await west.kubectl(level))).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    const token = ['exec', 'deployment/isthmus-gateway', '-n', NAMESPACE, '--', 'ls', '/var/run/secrets'];
    await expect(west.kubectl(token)).rejects.toThrow('No such file or directory');
  });

  it('carries an export of one cluster to the other', async () => {
    await makeNamespace('shop', [east, west]);
    await state(east, service('shop'), ONE_POD);
    expect(await members.isthmus(east, 'export', 'hello', '-n', 'shop')).toBe(
      'serviceexport/shop/hello created\n',
    );
    await soon(async () =>
      expect(await imported(west, 'shop')).toMatchObject({ spec: { type: 'ClusterSetIP' } }),
    );
    expect(await members.isthmus(west, 'get', 'imports')).toMatch(/shop\/hello/);
  });

  it('tells policies that they are taken up', async () => {
    const metadata = { namespace: 'shop', name: 'hello' };
    const spec = { targetRef: { kind: 'Service', name: 'hello' } };
    const policy = { apiVersion: 'isthmus.dev/v1alpha1', metadata };
    const allow = [{ from: [{ cluster: 'west' }] }];
    await state(
      east,
      ...[
        { ...policy, kind: 'FailoverPolicy', spec },
        { ...policy, kind: 'AccessPolicy', spec: { ...spec, allow } },
      ],
    );
    for (const kind of ['failoverpolicy', 'accesspolicy'])
      await east.kubectl([
        'wait',
        '--for=condition=Accepted',
        '--timeout=30s',
        `${kind}/hello`,
        '-n',
        'shop',
      ]);
  });

  it.each(['stopped', 'killed'])(
    'goes on with another controller when the one that leads is %s',
    async (end) => {
      const leader = await leaderOf(east);
      if (end === 'killed') await killController(east, leader.pod);
      else await east.kubectl(['delete', 'pod', leader.pod, '-n', NAMESPACE, '--wait=false']);
      await soon(async () => {
        const next = await leaderOf(east);
        expect(next.id).not.toBe('');
        expect(next.id).not.toBe(leader.id);
      });
      await makeNamespace(end, [east, west]);
      await state(east, service(end), exported(end));
      await soon(async () => expect(await imported(west, end)).toBeDefined());
    },
  );

  it('remembers a cluster that is away over a restart of its own controllers', async () => {
    await members.stopOne(east);
    await west.kubectl(['wait', '--for=condition=Ready=False', '--timeout=30s', 'meshcluster/east']);
    await west.kubectl(['rollout', 'restart', 'deployment/isthmus-controller', '-n', NAMESPACE]);
    await west.kubectl([
      'rollout',
      'status',
      'deployment/isthmus-controller',
      '-n',
      NAMESPACE,
      '--timeout=60s',
    ]);
    await soon(async () => expect(await members.isthmus(west, 'get', 'imports')).toMatch(/shop\/hello/));
    expect(await imported(west, 'shop')).toBeDefined();
    await members.startOne(east);
    await west.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', 'meshcluster/east']);
  });

  it('leaves nothing behind', async () => {
    granted = await Promise.all(['clusterrole', 'role'].map((kind) => rightsOf(east, kind)));
    expect(await members.isthmus(east, 'unexport', 'hello', '-n', 'shop')).toBe(
      'serviceexport/shop/hello deleted\n',
    );
    await soon(async () => expect(await imported(west, 'shop')).toBeUndefined());
    await expect(members.isthmus(east, 'uninstall', '--yes')).rejects.toThrow('first evict west');
    for (const cluster of [west, east]) {
      await cluster.kubectl(['delete', 'namespace', 'shop', 'stopped', 'killed']);
      expect(await members.isthmus(cluster, 'uninstall', '--yes')).toContain('nothing of Isthmus is left');
      expect(await cluster.kubectl(['get', 'crd', '-o', 'name'])).toBe('');
    }
    await soon(async () => expect(await Promise.all([east, west].map(inventory))).toEqual(before));
  });

  it('had every right that it used, and used every right that it had', () => {
    const asked = [east, west].flatMap(({ plan }) => requestsOf(plan));
    expect(asked.filter(({ isRefused }) => isRefused)).toEqual([]);
    const used = new Set(asked.flatMap(({ verbs, resource }) => verbs.map((verb) => `${verb} ${resource}`)));
    expect(granted.flat().length).toBeGreaterThan(30);
    expect(granted.flat().filter((right) => !used.has(right))).toEqual([]);
  });
});

interface Leader {
  /** Of the process: another one after each start. */
  readonly id: string;
  readonly pod: string;
}

async function leaderOf({ kubectl }: Cluster): Promise<Leader> {
  const holder = '{.spec.holderIdentity}';
  const lease = ['get', 'lease', 'isthmus-controller', '-n', NAMESPACE, '-o', `jsonpath=${holder}`];
  const id = await kubectl(lease);
  return { id, pod: id.replace(/_[^_]*$/, '') };
}

/** Without a word: the process is gone, and its lease is not given back. */
async function killController({ kubectl }: Cluster, pod: string): Promise<void> {
  const uid = await kubectl(['get', 'pod', pod, '-n', NAMESPACE, '-o', 'jsonpath={.metadata.uid}']);
  const isIts = (pid: string): boolean => {
    const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
    try {
      return read('cgroup').includes(uid) && read('cmdline').includes('federation/main.js');
    } catch {
      return false;
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isIts(name));
  expect(pids).toHaveLength(1);
  process.kill(Number(pids[0]), 'SIGKILL');
}

/** Every object of the cluster but those that Kubernetes makes and drops by itself. */
async function inventory({ kubectl }: Cluster): Promise<readonly string[]> {
  const kinds = await kubectl(['api-resources', '--verbs=list', '-o', 'name']);
  const lasting = kinds
    .trim()
    .split('\n')
    .filter((kind) => !/^(events|leases|componentstatuses)\b/.test(kind));
  const names = await kubectl(['get', lasting.join(','), '-A', '-o', 'name', '--ignore-not-found']);
  // Into each namespace, some time after it.
  const byKubernetes = ['configmap/kube-root-ca.crt', 'serviceaccount/default'];
  return names
    .trim()
    .split('\n')
    .filter((name) => !byKubernetes.includes(name))
    .sort();
}

interface Role {
  readonly rules: readonly { readonly verbs: readonly string[]; readonly resources: readonly string[] }[];
}

/** `watch services`, of the controller's role of that kind. */
async function rightsOf({ kubectl }: Cluster, kind: string): Promise<readonly string[]> {
  const text = await kubectl(['get', kind, 'isthmus-controller', '-n', NAMESPACE, '-o', 'json']);
  const { rules } = JSON.parse(text) as Role;
  return rules.flatMap(({ verbs, resources }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
}
