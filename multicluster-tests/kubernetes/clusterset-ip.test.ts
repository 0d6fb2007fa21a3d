/**
 * Clusterset IPs, EndpointSlices and DNS (KEP-1645) on two real clusters of one flat network, whose pods reach each other
 * by their own addresses: what plain pods without sidecars get. R.. and O.. are statements of the upstream conformance
 * suite, M.. and S.. lines of the KEP.
 */
import { isIP } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { derivedName } from '../../mesh/adapters/kubernetes/clusterset-objects.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { answering, ask, lookUp, podAddresses, startAnswering, startAsker, TCP, UDP } from './answering.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import {
  conditionOf,
  exported,
  imported,
  makeNamespace,
  nextSecond,
  service,
  state,
  unexport,
} from './mcs-objects.ts';
import { startMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const SOON_MS = 30_000;
/** As the controller has it when nothing else is configured. */
const UNHEARD_MS = 30_000;
const SOURCE_CLUSTER = 'multicluster.kubernetes.io/source-cluster';
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

interface Slice {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly endpoints: readonly { readonly addresses: readonly string[] }[];
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

describe.skipIf(inject('missing').length > 0)('an exported service in clusters of one network', () => {
  let east: Cluster;
  let west: Cluster;
  let members: Members;
  let namespaces = 0;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'flat' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    members = await startMembers(ground);
    await Promise.all([east, west].map(startAsker));
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  const soon = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 300 });
  const everywhere = (check: (cluster: Cluster) => Promise<void>): Promise<void> =>
    soon(async () => void (await Promise.all([east, west].map(check))));
  const nameOf = (namespace: string): string => `hello.${namespace}.svc.clusterset.local`;

  /** A new namespace in both, with pods in these. */
  async function within(...serving: readonly Cluster[]): Promise<string> {
    const namespace = await makeNamespace(`ip-${++namespaces}`, [east, west]);
    await Promise.all(serving.map((cluster) => startAnswering(cluster, namespace)));
    return namespace;
  }
  async function slicesOf({ kubectl }: Cluster, namespace: string): Promise<readonly Slice[]> {
    const selected = ['-l', 'multicluster.kubernetes.io/service-name=hello', '-o', 'json'];
    const text = await kubectl(['get', 'endpointslices', '-n', namespace, ...selected]);
    return (JSON.parse(text) as { items: readonly Slice[] }).items;
  }
  /** Ten calls from there, as soon as one is answered: all are, by pods of this cluster. */
  async function expectOnly(
    cluster: Cluster,
    of: { from: Cluster; namespace: string; port?: number },
  ): Promise<void> {
    const { from, namespace, port = 42 } = of;
    const pods = await podAddresses(cluster, namespace);
    // kube-proxy follows a change of endpoints a moment later.
    await soon(async () => {
      const answers = await ask(from, nameOf(namespace), { port, times: 10 });
      expect(answers).toHaveLength(10);
      for (const answer of answers) expect(pods).toContain(answer);
    });
  }
  async function ipsOf(cluster: Cluster, namespace: string): Promise<readonly string[]> {
    return (await imported(cluster, namespace))?.spec.ips ?? [];
  }

  it('R8, M30, M31: has an address for each family, and keeps it', async () => {
    const namespace = await within();
    await state(east, answering(namespace), exported(namespace));
    await everywhere(async (cluster) => {
      const { ips = [], ipFamilies = [] } = (await imported(cluster, namespace))?.spec ?? {};
      expect(ips.length).toBeGreaterThan(0);
      expect(ips.map((ip) => `IPv${isIP(ip)}`)).toEqual(ipFamilies);
    });
    const before = await ipsOf(west, namespace);
    await state(east, answering(namespace, { ports: [{ ...TCP, port: 43 }] }));
    await soon(async () =>
      expect((await imported(west, namespace))?.spec.ports).toMatchObject([{ port: 43 }]),
    );
    expect(await ipsOf(west, namespace)).toEqual(before);
    const ready = ['wait', '--for=condition=Ready', 'serviceimport/hello', '-n', namespace, '--timeout=10s'];
    await west.kubectl(ready);
  });

  it('R3: answers nobody while it is not exported', async () => {
    const namespace = await within(east);
    await state(east, answering(namespace));
    // One that was stated later and exported is reached by now, so this one would be too.
    const later = await within(east);
    await state(east, answering(later), exported(later));
    for (const cluster of [east, west]) {
      await soon(async () => expect(await ask(cluster, nameOf(later))).toHaveLength(1));
      expect(await ask(cluster, nameOf(namespace), { times: 3 })).toEqual([]);
    }
  });

  it('O3, M47 to M51: has slices of one source cluster each, until it is not exported', async () => {
    const namespace = await within(east);
    await state(east, answering(namespace), exported(namespace));
    const pods = await podAddresses(east, namespace);
    await everywhere(async (cluster) => {
      const slices = await slicesOf(cluster, namespace);
      const addresses = slices.flatMap(({ endpoints }) =>
        endpoints.flatMap((endpoint) => endpoint.addresses),
      );
      expect(addresses.sort()).toEqual(pods);
      for (const { metadata } of slices)
        expect(metadata.labels).toMatchObject({
          [SOURCE_CLUSTER]: 'east',
          'endpointslice.kubernetes.io/managed-by': 'isthmus-controller',
        });
      expect((await imported(cluster, namespace))?.status?.endpointSliceObjects).toBe('Present');
    });
    await unexport(east, namespace);
    await everywhere(async (cluster) => expect(await slicesOf(cluster, namespace)).toEqual([]));
  });

  it('O4, O5, O6, M38: is found by its name, which leaves that of the cluster alone', async () => {
    const namespace = await within(east);
    await state(east, answering(namespace), exported(namespace));
    await everywhere(async (cluster) => {
      const ips = await ipsOf(cluster, namespace);
      expect(ips).not.toEqual([]);
      expect(await lookUp(cluster, nameOf(namespace))).toEqual(ips);
    });
    // Two ports of one number, and one target.
    const records = await lookUp(west, nameOf(namespace), 'SRV');
    expect(records.map((record) => record.split(' ').slice(2))).toEqual([['42', `${nameOf(namespace)}.`]]);
    const local = ['get', 'service', 'hello', '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}'];
    expect(await lookUp(east, `hello.${namespace}.svc.cluster.local`)).toEqual([await east.kubectl(local)]);
    expect(await lookUp(west, `east.${nameOf(namespace)}`)).toEqual([]);
  });

  it('O7, M25, M32: is reached from all clusters, in all that export it', async () => {
    const namespace = await within(east, west);
    for (const cluster of [east, west]) await state(cluster, answering(namespace), exported(namespace));
    const pods = [...(await podAddresses(east, namespace)), ...(await podAddresses(west, namespace))].sort();
    expect(pods).toHaveLength(4);
    await everywhere(async (cluster) => {
      const answers = await ask(cluster, nameOf(namespace), { times: 40 });
      expect([...new Set(answers)].sort()).toEqual(pods);
    });
  });

  it('O8, M9: is reached only where it is exported, also from a cluster that has one of that name', async () => {
    const namespace = await within(east, west);
    for (const cluster of [east, west]) await state(cluster, answering(namespace));
    await state(east, exported(namespace));
    await expectOnly(east, { from: west, namespace });
  });

  it('O9: serves a port that is in conflict only where the oldest export has it', async () => {
    const namespace = await within(east, west);
    await state(east, answering(namespace, { ports: [TCP] }), exported(namespace));
    await nextSecond();
    await state(west, answering(namespace, { ports: [{ ...TCP, port: 4242 }] }), exported(namespace));
    await soon(async () =>
      expect(await conditionOf(west, namespace, 'Conflict')).toMatchObject({
        status: 'True',
        reason: 'PortConflict',
      }),
    );
    await expectOnly(east, { from: west, namespace });
  });

  it('O10: serves each port only in the clusters that have it', async () => {
    const namespace = await within(east, west);
    await state(east, answering(namespace, { ports: [TCP] }), exported(namespace));
    const second = { ...TCP, name: 'tcp2', port: 4242, targetPort: 8043 };
    await state(west, answering(namespace, { ports: [second] }), exported(namespace));
    await expectOnly(east, { from: east, namespace, port: 42 });
    await expectOnly(west, { from: east, namespace, port: 4242 });
  });

  it('O11, O12, O13, M42: is found pod by pod where it is headless', async () => {
    const namespace = await within(east);
    await state(east, answering(namespace, { clusterIP: 'None', ports: [TCP, UDP] }), exported(namespace));
    const pods = await podAddresses(east, namespace);
    await everywhere(async (cluster) => expect(await lookUp(cluster, nameOf(namespace))).toEqual(pods));
    const byName = ['hello-0', 'hello-1'].map((pod) => lookUp(west, `${pod}.east.${nameOf(namespace)}`));
    expect((await Promise.all(byName)).flat().sort()).toEqual(pods);
    const records = await lookUp(west, `_tcp._tcp.${nameOf(namespace)}`, 'SRV');
    expect(records.map((record) => record.split(' ').slice(2))).toEqual(
      ['hello-0', 'hello-1'].map((pod) => ['8042', `${pod}.east.${nameOf(namespace)}.`]),
    );
    expect(await ask(west, `hello-1.east.${nameOf(namespace)}`, { port: 8042 })).toHaveLength(1);
  });

  it('leaves an import that somebody else made as it is, and says so', async () => {
    const namespace = await within();
    const foreign = { type: 'Headless', ports: [{ port: 7 }] };
    await state(west, {
      ...{ apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceImport' },
      ...{ metadata: { name: 'hello', namespace }, spec: foreign },
    });
    await state(east, answering(namespace), exported(namespace));
    await soon(async () => expect(await imported(east, namespace)).toBeDefined());
    // What is exported later is imported by now, so this one would have been taken over.
    const later = await within();
    await state(east, answering(later), exported(later));
    await soon(async () => expect(await imported(west, later)).toBeDefined());
    expect((await imported(west, namespace))?.spec).toEqual(foreign);
    const told = `! ServiceImport ${namespace}/hello: somebody else made it`;
    expect(await members.isthmus(west, 'status')).toContain(told);
    await west.kubectl(['delete', 'serviceimport', 'hello', '-n', namespace]);
    await soon(async () => expect((await imported(west, namespace))?.spec.type).toBe('ClusterSetIP'));
    await soon(async () => expect(await members.isthmus(west, 'status')).not.toContain(told));
  });

  it('leaves a Service that has the name of a derived one as it is, and says so', async () => {
    const [namespace, later] = [await within(), await within()];
    const name = derivedName(`${namespace}/hello` as ServiceKey);
    await state(west, { ...service(namespace), metadata: { name, namespace } });
    const read = ['get', 'service', name, '-n', namespace, '-o', 'json'];
    const held = await west.kubectl(read);
    await state(east, answering(namespace), exported(namespace));
    await soon(async () =>
      expect(await members.isthmus(west, 'status')).toContain(
        `! Service ${namespace}/${name}: somebody else made it`,
      ),
    );
    await state(east, answering(later), exported(later));
    await soon(async () => expect((await imported(west, later))?.spec.ips).toHaveLength(1));
    expect(await west.kubectl(read)).toBe(held);
  });

  it('S52: loses the endpoints of a cluster that is not heard, but where it alone serves, until it is heard', async () => {
    const [both, alone] = [await within(east, west), await within(east)];
    const names = async (namespace: string): Promise<readonly (string | undefined)[]> =>
      (await slicesOf(west, namespace)).map(({ metadata }) => metadata.labels[SOURCE_CLUSTER]).sort();
    const expectNames = (namespace: string, wanted: readonly string[], timeout = SOON_MS): Promise<void> =>
      vi.waitFor(async () => expect(await names(namespace)).toEqual(wanted), { timeout, interval: 300 });
    for (const cluster of [east, west]) await state(cluster, answering(both), exported(both));
    await state(east, answering(alone), exported(alone));
    await expectNames(both, ['east', 'west']);
    await expectNames(alone, ['east']);

    await members.stopOne(east);
    await east.kubectl(['scale', 'statefulset/hello', '-n', both, '--replicas=0']);
    await expectNames(both, ['west'], UNHEARD_MS + SOON_MS);
    await expectOnly(west, { from: west, namespace: both });
    const reason = ['get', 'meshcluster', 'east', '-o', 'jsonpath={.status.conditions[0].message}'];
    expect(await west.kubectl(reason)).toContain('only where no other cluster serves');
    const exporters = [
      'get',
      'serviceimport',
      'hello',
      '-n',
      both,
      '-o',
      'jsonpath={.status.clusters[*].cluster}',
    ];
    expect(await west.kubectl(exporters)).toBe('east west');
    expect(await names(alone)).toEqual(['east']);
    await expectOnly(east, { from: west, namespace: alone });

    await east.kubectl(['scale', 'statefulset/hello', '-n', both, '--replicas=2']);
    await members.startOne(east);
    await expectNames(both, ['east', 'west']);
  });
});
