/** The Kubernetes adapter against a real API server: the same contract as the folder of manifests, and the CRDs. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { inClusterAccess } from '../../mesh/adapters/kubernetes/api-access-in-cluster.ts';
import { createApiClient, type ApiClient } from '../../mesh/adapters/kubernetes/api-client.ts';
import { openKubernetesStore } from '../../mesh/adapters/kubernetes/kubernetes-store.ts';
import { startLeaderElection, type LeaderElection } from '../../mesh/adapters/kubernetes/leader-election.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { err } from '../../mesh/kit/result.ts';
import { fault } from '../../mesh/model/fault.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { ResourceStore } from '../../mesh/ports/resource-store.ts';
import { resourceStoreContract, SHOP, type StatedObject } from '../../mesh/ports/resource-store.contract.ts';
import { certificateFile } from './certificates.ts';
import { startApiRelay, type ApiRelay } from './api-relay.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const CRDS = path.join(import.meta.dirname, '..', '..', 'deploy', 'crds');
const KINDS = 'services,endpointslices,serviceexports,serviceimports,failoverpolicies,accesspolicies';
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);
const quiet = (): void => undefined;
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet, with: () => log };

describe.skipIf(inject('missing').length > 0)('a real API server', () => {
  let cluster: Cluster;
  let relay: ApiRelay;
  let api: ApiClient;

  beforeAll(async () => {
    const plan = planGround({ name: TEST_GROUNDS.shared, clusters: 1, layout: 'overlapping' });
    [cluster] = (await raiseGround(plan, say)).clusters as [Cluster];
    await cluster.kubectl(['apply', '--server-side', '-f', CRDS]);
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    relay = await startApiRelay(cluster.plan);
    api = createApiClient(relay.access);
  });
  afterAll(async () => {
    api.stop();
    await relay.stop();
    await tearDown(TEST_GROUNDS.shared);
  });

  const state = (object: unknown): Promise<string> =>
    cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(object));
  const open = (): ResourceStore =>
    openKubernetesStore({
      ...{ api, place: { region: 'eu', zone: 'eu-1' }, clock: systemClock, random: systemRandom, log },
    });

  resourceStoreContract('it', () => {
    const store = open();
    return Promise.resolve({
      ...{ store, reopen: open },
      apply: async (object) => void (await state(object)),
      remove: async ({ kind, metadata: { name, namespace = 'default' } }) =>
        void (await cluster.kubectl(['delete', kind, name, '-n', namespace])),
      async close() {
        await store.stop();
        await cluster.kubectl(['delete', KINDS, '--all', '-n', 'shop']);
      },
    });
  });

  describe('behind a link that breaks', () => {
    const opened: ResourceStore[] = [];
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.stop();
    });

    it('is followed again within two seconds, and what went meanwhile is gone (F17)', async () => {
      await state(SHOP);
      await state(service('cart'));
      const store = open();
      opened.push(store);
      await store.start();
      expect(store.snapshot().services.has('shop/cart' as ServiceKey)).toBe(true);
      await relay.cut();
      await vi.waitFor(
        () => expect(store.snapshot().faults.map(({ code }) => code)).toContain('unavailable'),
        5000,
      );
      await cluster.kubectl(['delete', 'service', 'cart', '-n', 'shop']);
      await state(service('web'));
      expect(store.snapshot().services.has('shop/cart' as ServiceKey)).toBe(true);
      await relay.restore();
      await vi.waitFor(
        () => expect([...store.snapshot().services.keys()]).toEqual(['default/kubernetes', 'shop/web']),
        2000,
      );
    });
  });

  describe('asked as a pod asks', () => {
    const mount = mkdtempSync(path.join(tmpdir(), 'service-account-'));
    afterAll(() => rmSync(mount, { recursive: true, force: true }));

    it('knows the service account by its files, and looks at them for each request', async () => {
      await cluster.kubectl(['create', 'serviceaccount', 'asker']);
      const { nodeAddress } = cluster.plan;
      const pod = inClusterAccess(
        { KUBERNETES_SERVICE_HOST: nodeAddress, KUBERNETES_SERVICE_PORT: '6443' },
        mount,
      );
      if (!pod.ok) throw new Error(pod.error.message);
      const asker = createApiClient({ ...pod.value, socketPath: relay.access.socketPath! });
      const review = (): ReturnType<ApiClient['request']> =>
        asker.request({
          ...{ method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews' },
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        });
      copyFileSync(certificateFile(cluster.plan, 'ca'), path.join(mount, 'ca.crt'));
      writeFileSync(path.join(mount, 'token'), await cluster.kubectl(['create', 'token', 'asker']));
      expect(await review()).toMatchObject({
        value: { body: { status: { userInfo: { username: 'system:serviceaccount:default:asker' } } } },
      });
      writeFileSync(path.join(mount, 'token'), 'another');
      expect(await review()).toMatchObject({ error: { code: 'api_refused', status: 401 } });
      asker.stop();
    });
  });

  describe('with a lease', () => {
    const times = { durationMs: 3000, renewDeadlineMs: 2000, retryMs: 300, standbyMs: 300 };
    const elections: LeaderElection[] = [];
    afterEach(async () => {
      for (const election of elections.splice(0)) await election.stop();
    });
    const overtaken = new Set<string>();
    const candidate = (self: string, through: Pick<ApiClient, 'request'>): LeaderElection => {
      const election = startLeaderElection({
        ...{ api: through, namespace: 'shop', name: 'leader', self, times },
        ...{ clock: systemClock, random: systemRandom, log },
        onOvertaken: () => void overtaken.add(self),
      });
      elections.push(election);
      return election;
    };

    it('has one leader at most, the next one in a later epoch, and is given back (F20)', async () => {
      await state(SHOP);
      let isCut = false;
      const gone = err(fault('unavailable', 'API server', 'cut off by the test'));
      const first = candidate('a', {
        request: (asked) => (isCut ? Promise.resolve(gone) : api.request(asked)),
      });
      await vi.waitFor(() => expect(first.epoch()).toBe(1), 5000);
      const second = candidate('b', api);
      isCut = true;
      const leaders = await vi.waitFor(
        () => {
          const epochs = [first.epoch(), second.epoch()];
          expect(epochs.filter((epoch) => epoch !== undefined).length).toBeLessThan(2);
          if (second.epoch() === undefined) throw new Error('not yet');
          return epochs;
        },
        { timeout: 10_000, interval: 5 },
      );
      expect(leaders).toEqual([undefined, 2]);
      expect([...overtaken]).toEqual([]);
      isCut = false;
      await vi.waitFor(() => expect([...overtaken]).toEqual(['a']), 5000);
      const holder = await cluster.kubectl([
        'get',
        'lease',
        'leader',
        '-n',
        'shop',
        '-o',
        'jsonpath={.spec.holderIdentity}',
      ]);
      expect(holder).toBe('b');
      await second.stop();
      const began = performance.now();
      await vi.waitFor(() => expect(first.epoch()).toBe(3), 5000);
      expect(performance.now() - began).toBeLessThan(times.durationMs);
    });
  });

  describe('with the kinds of Isthmus', () => {
    it('knows them by their short names', async () => {
      for (const name of ['svcex', 'svcim', 'clusterproperties', 'mc', 'fop', 'acp', 'tb'])
        expect(await cluster.kubectl(['get', name, '-A'])).toBe('');
      const kinds = await cluster.kubectl(['api-resources', '--categories=isthmus', '-o', 'name']);
      expect(kinds.trim().split('\n').sort()).toEqual([
        ...['accesspolicies.isthmus.dev', 'failoverpolicies.isthmus.dev'],
        ...['meshclusters.isthmus.dev', 'trustbundles.isthmus.dev'],
      ]);
    });

    it('explains their fields', async () => {
      const text = await cluster.kubectl(['explain', 'failoverpolicy.spec.threshold']);
      expect(text).toContain('percent healthy below which a level spills');
    });

    it.each([
      ['a threshold over its range', failover({ threshold: 140 }), 'spec.threshold'],
      [
        'a level of two fields',
        failover({ levels: [{ zone: 'same', region: 'same' }] }),
        'must have at most 1 item',
      ],
      ['a policy that says nothing', access({}), 'neither allow nor deny'],
      ['a property without a value', property(''), 'spec.value'],
    ])('refuses %s', async (_what, object, words) => {
      await state(SHOP);
      await expect(state(object)).rejects.toThrow(words);
    });

    it('serves an import in both versions, with what kubectl shows of it', async () => {
      await state(SHOP);
      await state({
        ...{ apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport' },
        metadata: { name: 'cart', namespace: 'shop' },
        spec: { type: 'ClusterSetIP', ports: [{ port: 80, protocol: 'TCP' }], ips: ['10.96.7.7'] },
      });
      const old = 'serviceimports.v1alpha1.multicluster.x-k8s.io';
      const spec = await cluster.kubectl(['get', old, 'cart', '-n', 'shop', '-o', 'jsonpath={.spec.type}']);
      expect(spec).toBe('ClusterSetIP');
      const [head, line] = (await cluster.kubectl(['get', 'svcim', '-n', 'shop'])).split('\n');
      expect(head?.split(/\s+/)).toEqual(['NAME', 'TYPE', 'IP', 'AGE']);
      expect(line).toMatch(/^cart +ClusterSetIP +\["10\.96\.7\.7"\]/);
    });
  });
});

function service(name: string): StatedObject {
  const metadata = { name, namespace: 'shop' };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } };
}

function policy(kind: string, spec: unknown): StatedObject {
  return { apiVersion: 'isthmus.dev/v1alpha1', kind, metadata: { name: 'bad', namespace: 'shop' }, spec };
}

function failover(fields: object): StatedObject {
  return policy('FailoverPolicy', { targetRef: { kind: 'ServiceImport', name: 'cart' }, ...fields });
}

function access(fields: object): StatedObject {
  return policy('AccessPolicy', { targetRef: { kind: 'Service', name: 'cart' }, ...fields });
}

function property(value: string): StatedObject {
  const metadata = { name: 'cluster.clusterset.k8s.io' };
  return { apiVersion: 'about.k8s.io/v1beta1', kind: 'ClusterProperty', metadata, spec: { value } };
}
