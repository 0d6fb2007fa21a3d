/** What a controller in a pod keeps in its API server, and what that says of other pods. */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { createApiClient, type ApiClient } from '../../mesh/adapters/kubernetes/api-client.ts';
import { openConfigMapState } from '../../mesh/adapters/kubernetes/config-map-state.ts';
import { NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import { openSecretKeyStore } from '../../mesh/adapters/kubernetes/secret-key-store.ts';
import { reviewToken } from '../../mesh/adapters/kubernetes/token-review.ts';
import { createMemoryLog } from '../../mesh/adapters/log/memory-log.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { ok, type Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { ClusterName, MeshName } from '../../mesh/model/names.ts';
import { KEY_NAMES, type KeyStore } from '../../mesh/ports/key-store.ts';
import type { StateStore } from '../../mesh/ports/state-store.ts';
import { startApiRelay, type ApiRelay } from './api-relay.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

describe.skipIf(inject('missing').length > 0)('a controller in a pod', () => {
  let cluster: Cluster;
  let relay: ApiRelay;
  let api: ApiClient;

  beforeAll(async () => {
    const plan = planGround({ name: TEST_GROUNDS.shared, clusters: 1, layout: 'overlapping' });
    [cluster] = (await raiseGround(plan, say)).clusters as [Cluster];
    relay = await startApiRelay(cluster.plan);
    api = createApiClient(relay.access);
    await cluster.kubectl(['create', 'namespace', NAMESPACE]);
    await cluster.kubectl(['create', 'secret', 'generic', 'keys', '-n', NAMESPACE]);
  });
  afterAll(async () => {
    api.stop();
    await relay.stop();
    await tearDown(TEST_GROUNDS.shared);
  });

  const tools = (mayWrite: () => boolean): Omit<Parameters<typeof openSecretKeyStore>[0], 'secret'> => ({
    ...{ api, mayWrite, clock: systemClock, random: systemRandom, log: createMemoryLog() },
  });
  const keys = async (mayWrite = () => true): Promise<KeyStore> =>
    valueOf(await openSecretKeyStore({ ...tools(mayWrite), secret: { namespace: NAMESPACE, name: 'keys' } }));
  const state = async (): Promise<StateStore> =>
    valueOf(await openConfigMapState({ ...tools(() => true), namespace: NAMESPACE }));

  it('keeps its keys in a Secret: each apart, over a restart, until they are removed', async () => {
    const store = await keys();
    for (const name of KEY_NAMES) store.write(name, `${name}: ä\n`);
    expect(store.read('root.key')).toEqual(ok('root.key: ä\n'));
    expect(await store.flush()).toEqual(ok(undefined));
    const next = await keys();
    for (const name of KEY_NAMES) expect(next.read(name)).toEqual(ok(`${name}: ä\n`));
    next.remove('root.key');
    await next.flush();
    expect((await keys()).read('root.key')).toEqual(ok(undefined));
    expect((await keys()).read('route.key')).toEqual(ok('route.key: ä\n'));
  });

  it('writes no keys when another controller leads', async () => {
    let leads = false;
    const store = await keys(() => leads);
    store.write('route.key', 'of a controller that was overtaken');
    expect(await store.flush()).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect((await keys()).read('route.key')).toEqual(ok('route.key: ä\n'));
    leads = true;
    await vi.waitFor(async () => expect(await store.flush()).toEqual(ok(undefined)), 10_000);
  });

  it('says which Secret is missing', async () => {
    const opened = await openSecretKeyStore({
      ...tools(() => true),
      secret: { namespace: NAMESPACE, name: 'others' },
    });
    expect(opened).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('"others" not found') as string },
    });
  });

  it('remembers texts larger than an object may be, and forgets them', async () => {
    const store = await state();
    const large = JSON.stringify(
      Array.from({ length: 60_000 }, (_, i) => ({ name: `service-${i}`, ports: [80, 443] })),
    );
    expect(large.length).toBeGreaterThan(2 * 1024 * 1024);
    store.write('peer-west', large);
    store.write('epoch', '7');
    expect(await store.flush()).toEqual(ok(undefined));
    const next = await state();
    expect(next.list()).toEqual(['epoch', 'peer-west']);
    expect(next.read('peer-west')).toBe(large);
    next.remove('peer-west');
    await next.flush();
    expect((await state()).list()).toEqual(['epoch']);
  });

  const token = async (namespace: string, account: string, audience: string): Promise<string> => {
    const asked = ['create', 'token', account, '-n', namespace, `--audience=${audience}`];
    return (await cluster.kubectl(asked)).trim();
  };
  const review = (text: string): Promise<Result<unknown, Fault>> =>
    reviewToken(text, { api, mesh: 'acme' as MeshName, cluster: 'east' as ClusterName });

  it('knows pods by tokens for Isthmus, and by no others', async () => {
    await cluster.kubectl(['create', 'namespace', 'shop']);
    for (const [namespace, account] of [
      [NAMESPACE, 'isthmus-gateway'],
      [NAMESPACE, 'isthmus-controller'],
      ['shop', 'cart'],
    ] as const)
      await cluster.kubectl(['create', 'serviceaccount', account, '-n', namespace]);
    const mesh = { mesh: 'acme', cluster: 'east' };
    expect(await review(await token('shop', 'cart', 'isthmus'))).toEqual(
      ok({ kind: 'workload', ...mesh, namespace: 'shop', serviceAccount: 'cart' }),
    );
    expect(await review(await token(NAMESPACE, 'isthmus-gateway', 'isthmus'))).toEqual(
      ok({ kind: 'program', ...mesh, program: 'gateway' }),
    );
    for (const refused of [
      await token('shop', 'cart', 'vault'),
      await token(NAMESPACE, 'isthmus-controller', 'isthmus'),
      'no.token.at-all',
      'x'.repeat(20_000),
    ])
      expect(await review(refused)).toMatchObject({ ok: false, error: { code: 'enrolment_refused' } });
  });
});

function valueOf<T>(result: Result<T, Fault>): T {
  if (result.ok) return result.value;
  throw new Error(result.error.message);
}
