/**
 * The Multi-Cluster Services API on two real clusters: statements of the upstream conformance suite (R.., O..) and lines
 * of KEP-1645 (M.., S..) that need API objects only, each in a namespace of its own; and what else the mesh shows there.
 */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Cluster } from './cluster.ts';
import { raiseGround, type Ground } from './ground.ts';
import {
  conditionOf,
  exported,
  imported,
  makeNamespace,
  nextSecond,
  portsOf,
  service,
  state,
  unexport,
} from './mcs-objects.ts';
import { startMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

/** Longer than a lease that was not given back. */
const SOON_MS = 25_000;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

describe.skipIf(inject('missing').length > 0)('the Multi-Cluster Services API on two clusters', () => {
  let ground: Ground;
  let members: Members;
  let east: Cluster;
  let west: Cluster;
  let namespaces = 0;

  beforeAll(async () => {
    ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'overlapping' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    members = await startMembers(ground);
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  /** A new namespace in these clusters. */
  const within = (...clusters: readonly Cluster[]): Promise<string> =>
    makeNamespace(`mcs-${++namespaces}`, clusters);
  const soon = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 300 });
  const everywhere = (check: (cluster: Cluster) => Promise<void>): Promise<void> =>
    soon(async () => void (await Promise.all([east, west].map(check))));

  it('R4: an export is valid, and has an import of type ClusterSetIP in every cluster until it goes', async () => {
    const namespace = await within(east, west);
    await state(east, service(namespace), exported(namespace));
    await soon(async () =>
      expect(await conditionOf(east, namespace, 'Valid')).toMatchObject({
        status: 'True',
        reason: 'Valid',
        observedGeneration: 1,
      }),
    );
    expect(await conditionOf(east, namespace, 'Ready')).toMatchObject({ status: 'True', reason: 'Exported' });
    await everywhere(async (cluster) =>
      expect(await imported(cluster, namespace)).toMatchObject({
        spec: { type: 'ClusterSetIP' },
        status: { clusters: [{ cluster: 'east' }] },
      }),
    );
    await unexport(east, namespace);
    await everywhere(async (cluster) => expect(await imported(cluster, namespace)).toBeUndefined());
  });

  it('R1: an import stays while one cluster exports, and goes with the last one', async () => {
    const namespace = await within(east, west);
    await state(east, service(namespace), exported(namespace));
    await state(west, service(namespace), exported(namespace));
    await everywhere(async (cluster) =>
      expect((await imported(cluster, namespace))?.status?.clusters).toEqual([
        { cluster: 'east' },
        { cluster: 'west' },
      ]),
    );
    await unexport(east, namespace);
    await everywhere(async (cluster) =>
      expect((await imported(cluster, namespace))?.status?.clusters).toEqual([{ cluster: 'west' }]),
    );
    await unexport(west, namespace);
    await everywhere(async (cluster) => expect(await imported(cluster, namespace)).toBeUndefined());
  });

  it('R2: the older ClusterIP wins over a headless one, and both exports say so', async () => {
    const namespace = await within(east, west);
    await state(east, service(namespace), exported(namespace));
    await soon(async () => expect(await imported(west, namespace)).toBeDefined());
    await nextSecond();
    await state(west, service(namespace, { clusterIP: 'None' }), exported(namespace));
    await everywhere(async (cluster) => {
      const conflict = await conditionOf(cluster, namespace, 'Conflict');
      expect(conflict).toMatchObject({
        status: 'True',
        reason: expect.stringContaining('TypeConflict') as string,
      });
      expect(conflict?.message).toMatch(/west.*east, the oldest export/);
      expect((await imported(cluster, namespace))?.spec.type).toBe('ClusterSetIP');
    });
  });

  it('R5, R6, R7: affinity, internal traffic policy and distribution are those of the Service', async () => {
    const namespace = await within(east, west);
    const spec = {
      ...{ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } } },
      ...{ internalTrafficPolicy: 'Cluster', trafficDistribution: 'PreferClose' },
    };
    await state(east, service(namespace, spec), exported(namespace));
    await everywhere(async (cluster) =>
      expect((await imported(cluster, namespace))?.spec).toMatchObject(spec),
    );
  });

  it('R9: ports are the same, and what is absent stays absent', async () => {
    const namespace = await within(east, west);
    const ports = [
      { name: 'tcp', port: 42, protocol: 'TCP' },
      { name: 'udp', port: 42, protocol: 'UDP', appProtocol: 'example.com/quic' },
    ];
    await state(east, service(namespace, { ports }), exported(namespace));
    await everywhere(async (cluster) => expect(await portsOf(cluster, namespace)).toEqual(ports));
  });

  it('R10: ports of two exports are united, and both say that they differ', async () => {
    const namespace = await within(east, west);
    const tcp = { name: 'tcp', port: 42, protocol: 'TCP' };
    const [udp, sctp] = [
      { name: 'udp', port: 42, protocol: 'UDP' },
      { name: 'stcp', port: 142, protocol: 'SCTP' },
    ];
    await state(east, service(namespace, { ports: [tcp, udp] }), exported(namespace));
    await state(west, service(namespace, { ports: [tcp, sctp] }), exported(namespace));
    await everywhere(async (cluster) => {
      const ports = await portsOf(cluster, namespace);
      expect(ports).toHaveLength(3);
      expect(ports).toEqual(expect.arrayContaining([tcp, udp, sctp]));
      expect(await conditionOf(cluster, namespace, 'Conflict')).toMatchObject({
        status: 'True',
        reason: 'PortConflict',
      });
    });
  });

  it('R11, M54: of ports that clash the oldest stay, before and after the conflict', async () => {
    const namespace = await within(east, west);
    const ports = [{ name: 'tcp', port: 42, protocol: 'TCP' }];
    await state(east, service(namespace), exported(namespace));
    await everywhere(async (cluster) => expect(await portsOf(cluster, namespace)).toEqual(ports));
    await nextSecond();
    await state(west, service(namespace, { ports: [{ ...ports[0], port: 43 }] }), exported(namespace));
    await everywhere(async (cluster) => {
      expect(await conditionOf(cluster, namespace, 'Conflict')).toMatchObject({
        status: 'True',
        reason: 'PortConflict',
      });
      expect(await portsOf(cluster, namespace)).toEqual(ports);
    });
  });

  it('R12, R13: a headless service has a headless import, without an IP', async () => {
    const namespace = await within(east, west);
    await state(east, service(namespace, { clusterIP: 'None' }), exported(namespace));
    await everywhere(async (cluster) => {
      const spec = (await imported(cluster, namespace))?.spec;
      expect(spec?.type).toBe('Headless');
      expect(spec?.ips ?? []).toEqual([]);
    });
    await unexport(east, namespace);
    await everywhere(async (cluster) => expect(await imported(cluster, namespace)).toBeUndefined());
  });

  it('R14, M17: ExternalName, and no Service at all, are not valid and have no import', async () => {
    const [external, nothing] = [await within(east, west), await within(east, west)];
    const name = { type: 'ExternalName', externalName: 'example.com', selector: undefined, ports: undefined };
    await state(east, service(external, name), exported(external), exported(nothing));
    await soon(async () => {
      expect(await conditionOf(east, external, 'Valid')).toMatchObject({
        status: 'False',
        reason: 'InvalidServiceType',
      });
      expect(await conditionOf(east, nothing, 'Valid')).toMatchObject({
        status: 'False',
        reason: 'NoService',
      });
    });
    // An export that comes later has its import by now, so theirs would be there too.
    const later = await within(east, west);
    await state(east, service(later), exported(later));
    await everywhere(async (cluster) => expect(await imported(cluster, later)).toBeDefined());
    for (const cluster of [east, west])
      for (const namespace of [external, nothing]) expect(await imported(cluster, namespace)).toBeUndefined();
  });

  it('O1: labels and annotations of the import are those of the export only, as long as it has them', async () => {
    const namespace = await within(east, west);
    const spec = {
      exportedLabels: { team: 'shop' },
      exportedAnnotations: { 'example.com/note': 'of the export' },
    };
    await state(east, service(namespace), exported(namespace, spec));
    await everywhere(async (cluster) => {
      const { labels, annotations } = (await imported(cluster, namespace))?.metadata ?? {};
      expect(labels).toMatchObject({ team: 'shop' });
      expect(labels).not.toHaveProperty('from');
      expect(annotations).toEqual({ 'example.com/note': 'of the export' });
    });
    await state(east, exported(namespace, { exportedLabels: { tier: 'gold' } }));
    await everywhere(async (cluster) =>
      expect((await imported(cluster, namespace))?.metadata.labels).not.toHaveProperty('team'),
    );
  });

  it('O2: of labels that differ those of the oldest export win, and both exports say so', async () => {
    const namespace = await within(east, west);
    await state(east, service(namespace), exported(namespace, { exportedLabels: { team: 'east' } }));
    await soon(async () => expect(await imported(west, namespace)).toBeDefined());
    await nextSecond();
    await state(west, service(namespace), exported(namespace, { exportedLabels: { team: 'west' } }));
    await everywhere(async (cluster) => {
      expect(await conditionOf(cluster, namespace, 'Conflict')).toMatchObject({
        status: 'True',
        reason: 'LabelsConflict',
      });
      expect((await imported(cluster, namespace))?.metadata.labels).toMatchObject({ team: 'east' });
    });
  });

  it('M19: a service is imported only where its namespace exists, as soon as it does', async () => {
    const namespace = await within(east);
    await state(east, service(namespace), exported(namespace));
    await soon(async () => expect(await imported(east, namespace)).toBeDefined());
    expect(await imported(west, namespace)).toBeUndefined();
    await state(west, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await soon(async () => expect(await imported(west, namespace)).toBeDefined());
  });

  it('S20: what somebody changes of an import comes back, and one that is removed too', async () => {
    const namespace = await within(east, west);
    await state(east, service(namespace), exported(namespace));
    await soon(async () => expect(await imported(west, namespace)).toBeDefined());
    const patch = JSON.stringify({ spec: { type: 'Headless', ports: [] } });
    await west.kubectl(['patch', 'serviceimport', 'hello', '-n', namespace, '--type=merge', '-p', patch]);
    await soon(async () =>
      expect((await imported(west, namespace))?.spec).toMatchObject({
        type: 'ClusterSetIP',
        ports: [{ port: 42 }],
      }),
    );
    await west.kubectl(['delete', 'serviceimport', 'hello', '-n', namespace]);
    await soon(async () => expect(await imported(west, namespace)).toBeDefined());
  });

  it('shows the members of the mesh, and waits for them as kubectl does', async () => {
    await everywhere(async ({ kubectl }) => {
      const lines = (await kubectl(['get', 'meshclusters'])).trim().split('\n').slice(1);
      expect(lines.map((line) => line.split(/\s+/, 3))).toEqual(
        kubectl === east.kubectl
          ? [
              ['east', 'Self', 'eu'],
              ['west', 'Up', 'us'],
            ]
          : [
              ['east', 'Up', 'eu'],
              ['west', 'Self', 'us'],
            ],
      );
    });
    await west.kubectl(['wait', '--for=condition=Ready', '--timeout=5s', 'meshcluster/east']);
    const gateways = ['get', 'meshcluster', 'east', '-o', 'jsonpath={.status.gateways}'];
    expect(JSON.parse(await west.kubectl(gateways))).toEqual([expect.stringMatching(/^10\.111\.0\.11:\d+$/)]);
  });

  it('KEP-2149: names the cluster and its clusterset', async () => {
    const columns = ['-o', 'jsonpath={range .items[*]}{.metadata.name}={.spec.value} {end}'];
    await everywhere(async ({ kubectl, plan }) => {
      const text = await kubectl(['get', 'clusterproperties', ...columns]);
      expect(text.trim().split(' ')).toEqual([
        `cluster.clusterset.k8s.io=${plan.name}`,
        'clusterset.k8s.io=acme',
      ]);
    });
  });

  it('shows the root of trust, the same in all clusters', async () => {
    const root = ['get', 'trustbundle', 'acme', '-o', 'jsonpath={.status.roots[0]}'];
    expect(await east.kubectl(root)).toMatch(/^[0-9a-f]{64}$/);
    expect(await west.kubectl(root)).toBe(await east.kubectl(root));
  });

  it('keeps imports while the exporting cluster cannot be heard (F2), says so, and takes them away once it is told', async () => {
    const namespace = await within(east, west);
    await state(east, service(namespace), exported(namespace));
    await soon(async () => expect(await imported(west, namespace)).toBeDefined());
    await members.stopOne(east);
    await unexport(east, namespace);
    await west.kubectl(['wait', '--for=condition=Ready=False', '--timeout=30s', 'meshcluster/east']);
    const [, line] = (await west.kubectl(['get', 'meshcluster', 'east'])).split('\n');
    expect(line).toMatch(/^east +Stale +eu .* \d+s +\d+[sm]/);
    expect(await imported(west, namespace)).toBeDefined();
    await members.startOne(east);
    await soon(async () => expect(await imported(west, namespace)).toBeUndefined());
    await west.kubectl(['wait', '--for=condition=Ready', '--timeout=30s', 'meshcluster/east']);
  });

  it('takes all of it away from a cluster that leaves, and its exports from the others', async () => {
    const namespace = await within(east, west);
    await state(west, service(namespace), exported(namespace));
    await everywhere(async (cluster) => expect(await imported(cluster, namespace)).toBeDefined());
    await members.isthmus(west, 'leave', '--yes');
    const kinds = 'serviceimports,clusterproperties,meshclusters,trustbundles';
    expect(await west.kubectl(['get', kinds, '-A', '-o', 'name'])).toBe('');
    expect((await west.kubectl(['get', 'serviceexports', '-n', namespace, '-o', 'name'])).trim()).toMatch(
      /hello$/,
    );
    await soon(async () => {
      expect(await imported(east, namespace)).toBeUndefined();
      expect((await east.kubectl(['get', 'meshclusters', '-o', 'name'])).trim()).toBe(
        'meshcluster.isthmus.dev/east',
      );
    });
  });
});
