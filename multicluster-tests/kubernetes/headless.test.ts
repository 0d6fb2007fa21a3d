/** Headless services in two real clusters whose pod ranges are the same: every pod of the other one is reached by its name. */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { inAsker, lookUp, podAddresses, startAsker } from './answering.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { APP, headless, shell, workload } from './headless-pods.ts';
import { TOOLS } from './images/ground-images.ts';
import { exported, imported, makeNamespace, state } from './mcs-objects.ts';
import { startMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const SOON_MS = 30_000;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

describe.skipIf(inject('missing').length > 0)('a headless service in clusters of the same ranges', () => {
  let east: Cluster;
  let west: Cluster;
  let members: Members;
  let namespaces = 0;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'overlapping' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    members = await startMembers(ground);
    await Promise.all([east, west].map(startAsker));
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  const soon = <T>(check: () => Promise<T>): Promise<T> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 300 });

  /** A new namespace in both, with the service in these, exported. */
  async function within(
    kind: 'StatefulSet' | 'Deployment',
    ...clusters: readonly Cluster[]
  ): Promise<string> {
    const namespace = await makeNamespace(`headless-${++namespaces}`, [east, west]);
    await Promise.all(
      clusters.map(async (cluster) => {
        await state(
          cluster,
          workload(kind, cluster, { namespace }),
          headless(namespace),
          exported(namespace),
        );
        await rolledOut(cluster, kind, namespace);
      }),
    );
    return namespace;
  }
  async function rolledOut({ kubectl }: Cluster, kind: string, namespace: string): Promise<void> {
    await kubectl(['rollout', 'status', `${kind.toLowerCase()}/hello`, '-n', namespace, '--timeout=120s']);
  }
  /** With a sidecar, as a user does it. */
  async function start(cluster: Cluster, object: object, namespace: string): Promise<void> {
    const injected = await members.inject(JSON.stringify(object), '-n', namespace, '--image', TOOLS);
    await cluster.kubectl(['apply', '-n', namespace, '-f', '-'], injected);
  }

  const serviceName = (namespace: string): string => `hello.${namespace}.svc.clusterset.local`;
  const hostName = (host: string, { plan }: Cluster, namespace: string): string =>
    `${host}.${plan.name}.${serviceName(namespace)}`;
  const sh = (from: Cluster, script: string): Promise<string> => inAsker(from, ['sh', '-c', script]);
  const call = (from: Cluster, host: string): Promise<string> =>
    sh(from, `curl --silent --max-time 10 http://${host}:8080/`);

  it('M26, M39 to M42: has an address for each pod of the other cluster, that no pod has', async () => {
    const namespace = await within('StatefulSet', east, west);
    const own = await podAddresses(west, namespace, APP);
    const addresses = await soon(async () => {
      const found = await lookUp(west, serviceName(namespace));
      expect(found).toHaveLength(4);
      return found;
    });
    expect(addresses).toEqual(expect.arrayContaining([...own]));
    const given = addresses.filter((address) => !own.includes(address));
    for (const pod of await podAddresses(east, namespace, APP)) expect(given).not.toContain(pod);
    const byName = ['hello-0', 'hello-1'].map((host) => lookUp(west, hostName(host, east, namespace)));
    expect((await Promise.all(byName)).flat().sort()).toEqual(given);
    const records = await lookUp(west, `_http._tcp.${serviceName(namespace)}`, 'SRV');
    expect(records.map((record) => record.split(' ').slice(2).join(' '))).toEqual(
      ['hello-0.east', 'hello-0.west', 'hello-1.east', 'hello-1.west'].map(
        (host) => `8080 ${host}.${serviceName(namespace)}.`,
      ),
    );
    expect((await imported(west, namespace))?.status?.conditions).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'True' }),
    ]);
  });

  it('leads to exactly the pod that is named, over HTTP and TCP, where both clusters have one of that name', async () => {
    const namespace = await within('StatefulSet', east, west);
    const pods = [east, west].flatMap((to) => ['hello-0', 'hello-1'].map((host) => ({ to, host })));
    for (const { from, to, host } of [east, west].flatMap((from) => pods.map((pod) => ({ from, ...pod })))) {
      const name = hostName(host, to, namespace);
      await soon(async () => expect(await call(from, name)).toMatch(`${to.plan.name} ${host} `));
      for (let i = 0; i < 5; i++) expect(await call(from, name)).toMatch(`${to.plan.name} ${host} `);
      expect(await sh(from, `nc -w 2 ${name} 7070 < /dev/null`)).toBe(`${to.plan.name} ${host}`);
    }
  });

  it('is called by identity, from a pod with a sidecar to a pod with a sidecar', async () => {
    const namespace = await within('StatefulSet', east);
    await start(east, workload('StatefulSet', east, { namespace }), namespace);
    await rolledOut(east, 'StatefulSet', namespace);
    await start(west, shell(namespace), namespace);
    await west.kubectl(['wait', '--for=condition=Ready', 'pod/shell', '-n', namespace, '--timeout=60s']);
    const meshed = (host: string, script: string): Promise<string> =>
      west.kubectl([
        'exec',
        'shell',
        '-n',
        namespace,
        '-c',
        'shell',
        '--',
        'sh',
        '-c',
        script.replace('HOST', hostName(host, east, namespace)),
      ]);
    for (const host of ['hello-0', 'hello-1']) {
      const answer = `east ${host} spiffe://west.acme/ns/${namespace}/sa/default`;
      const captured = 'curl --silent --max-time 10 http://HOST:8080/';
      await soon(async () => expect(await meshed(host, captured)).toBe(answer));
      // The Service's own name leads to any of them.
      const any = meshed(host, captured.replace('HOST', serviceName(namespace)));
      expect(await any).toMatch(/^east hello-[01] spiffe:\/\/west/);
      const asked = 'curl --silent --max-time 10 --proxy $ISTHMUS_PROXY http://HOST:8080/';
      expect(await meshed(host, asked)).toBe(answer);
      expect(await meshed(host, 'nc -w 2 HOST 7070 < /dev/null')).toBe(`east ${host}`);
      // A pod without a sidecar gets there too.
      await soon(async () =>
        expect(await call(west, hostName(host, east, namespace))).toMatch(`east ${host} `),
      );
    }
    await state(east, {
      ...{
        apiVersion: 'isthmus.dev/v1alpha1',
        kind: 'AccessPolicy',
        metadata: { name: 'closed', namespace },
      },
      spec: { targetRef: { kind: 'Service', name: 'hello' }, deny: [{ from: [{ cluster: 'west' }] }] },
    });
    const code = `curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' http://HOST:8080/`;
    await soon(async () => expect(await meshed('hello-1', code)).toBe('403'));
  });

  it('leads to each pod of a Deployment, which have no names of their own', async () => {
    const namespace = await within('Deployment', east);
    const names = '{.items[*].metadata.name}';
    const pods = await east.kubectl(['get', 'pods', '-n', namespace, '-o', `jsonpath=${names}`]);
    await soon(async () => {
      const addresses = await lookUp(west, serviceName(namespace));
      const answers = await Promise.all(addresses.map((address) => call(west, address)));
      expect(answers.map((answer) => answer.split(' ')[1]).sort()).toEqual(pods.split(' ').sort());
    });
  });

  it('leads to a pod that was away for a while, under the same address', async () => {
    const namespace = await within('StatefulSet', east);
    const name = hostName('hello-1', east, namespace);
    await soon(async () => expect(await call(west, name)).toMatch('east hello-1 '));
    const before = await lookUp(west, name);
    const old = await podAddresses(east, namespace, APP);
    const scale = ['scale', 'statefulset/hello', '-n', namespace];
    await east.kubectl([...scale, '--replicas=1']);
    await soon(async () => expect(await lookUp(west, name)).toEqual([]));
    await east.kubectl([...scale, '--replicas=2']);
    await rolledOut(east, 'StatefulSet', namespace);
    expect(await podAddresses(east, namespace, APP)).not.toEqual(old);
    await soon(async () => expect(await call(west, name)).toMatch('east hello-1 '));
    expect(await lookUp(west, name)).toEqual(before);
  });
});
