/** The Helm chart, rendered and installed by the real Helm on two real clusters. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { helmOn, install, lint, RELEASE, template } from './helm.ts';
import { TOOLS } from './images/ground-images.ts';
import { openMembers, type Members } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';
import { ownedManifest, type Manifest } from '../../cli/kubernetes/apply-manifest.ts';
import { installationObjects, podClusterConfig } from '../../cli/kubernetes/installation-objects.ts';
import { gatewayServiceSettings } from '../../cli/kubernetes/objects.ts';
import { workloadSettings } from '../../cli/kubernetes/workloads.ts';
import { parseClusterConfig } from '../../crds/cluster-config.ts';
import { NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import type { ClusterName, MeshName } from '../../mesh/model/names.ts';
import { CHART_FOLDER, MANIFEST_FILE } from '../../scripts/chart/chart-files.ts';
import { dnsObjects } from '../../cli/kubernetes/dns-workload.ts';
import { EXAMPLE } from '../../scripts/chart/values.ts';

const SOON_MS = 40_000;
const NODE_PORT = 30_443;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

/** By kind and name. */
function objectsOf(text: string): ReadonlyMap<string, Manifest> {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Manifest | null);
  return byName(objects.filter((object) => object !== null));
}

function byName(objects: readonly Manifest[]): ReadonlyMap<string, Manifest> {
  return new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
}

describe.skipIf(inject('missing').length > 0)('the chart, rendered', () => {
  it('has nothing that Helm finds fault with', async () => {
    expect(await lint(EXAMPLE)).toContain('0 chart(s) failed');
  });

  it('is deploy/isthmus.yaml, with the example values', async () => {
    const rendered = objectsOf(await template(EXAMPLE));
    expect(rendered.size).toBeGreaterThan(20);
    expect(objectsOf(readFileSync(MANIFEST_FILE, 'utf8'))).toEqual(rendered);
  });

  it('leaves the kinds to others that a cluster shares with them, where that is said', async () => {
    const kinds = async (shared: boolean): Promise<readonly string[]> =>
      [...objectsOf(await template({ ...EXAMPLE, kinds: { shared } })).values()]
        .filter(({ kind }) => kind === 'CustomResourceDefinition')
        .map(({ metadata }) => metadata.name);
    const own = await kinds(false);
    expect(own.filter((name) => !name.endsWith('.isthmus.dev'))).toEqual([]);
    expect((await kinds(true)).filter((name) => !own.includes(name)).sort()).toEqual([
      'clusterproperties.about.k8s.io',
      'serviceexports.multicluster.x-k8s.io',
      'serviceimports.multicluster.x-k8s.io',
    ]);
  });

  it('has the DNS server of the command line where it is asked for, and else nothing of it', async () => {
    const wanted = byName(dnsObjects(EXAMPLE.image).map(ownedManifest));
    const rendered = objectsOf(await template({ ...EXAMPLE, dns: { enabled: true } }));
    for (const [name, object] of wanted) expect(rendered.get(name)).toEqual(object);
    const without = objectsOf(await template(EXAMPLE));
    expect([...rendered.keys()].filter((name) => !without.has(name)).sort()).toEqual(
      [...wanted.keys()].sort(),
    );
  });

  it.each(['LoadBalancer', 'NodePort'] as const)(
    'is what the command line applies, behind a %s',
    async (type) => {
      const replicas = type === 'NodePort' ? 1 : 3;
      const place = { region: 'eu', zone: 'eu-1', network: 'lab' };
      const gateway = { advertise: '[2001:db8::1]:443', service: type, nodePort: NODE_PORT };
      const values = {
        ...place,
        ...{ image: TOOLS, cluster: '007', replicas, mesh: { name: 'acme' }, gateway },
      };
      const rendered = objectsOf(await template(values));
      const configMap = rendered.get('ConfigMap isthmus-cluster') as
        { data?: Record<string, string> } | undefined;
      const config = configMap?.data?.['cluster.yaml'] ?? '';
      const wanted = podClusterConfig({
        ...{ ...place, mesh: 'acme' as MeshName, cluster: '007' as ClusterName },
        advertise: { host: '2001:db8::1', port: 443 },
      });
      expect(parseClusterConfig(parseAllDocuments(config)[0]?.toJS())).toEqual({ ok: true, value: wanted });
      const workload = workloadSettings({ image: TOOLS, replicas, config: config.trimEnd() });
      const service = { ...gatewayServiceSettings(type), port: { nodePort: NODE_PORT } };
      const applied = installationObjects({ config, workload, gatewayService: service }).map(ownedManifest);
      for (const [name, object] of byName(applied)) expect(withoutPolicy(rendered.get(name))).toEqual(object);
    },
  );

  it.each([
    [{ cluster: 'East' }, "at '/cluster'"],
    [{ replicas: 'two' }, "at '/replicas'"],
    [{ gateway: { advertise: '203.0.113.10' } }, "at '/gateway/advertise'"],
    [{ gateway: { advertise: 'a.example:1', service: 'NodePort' } }, "missing property 'nodePort'"],
    [{ mesh: {} }, "at '/mesh': missing property 'name'"],
    [{ meshName: 'acme' }, "additional properties 'meshName' not allowed"],
  ])('is refused with %j', async (change, said) => {
    await expect(template({ ...EXAMPLE, ...change })).rejects.toThrow(said);
  });
});

/** Helm's own word on an object. */
function withoutPolicy(object: Manifest | undefined): unknown {
  if (object?.metadata.annotations === undefined) return object;
  const { annotations, ...metadata } = object.metadata;
  const { 'helm.sh/resource-policy': _, ...others } = annotations;
  return {
    ...object,
    metadata: Object.keys(others).length === 0 ? metadata : { ...metadata, annotations: others },
  };
}

describe.skipIf(inject('missing').length > 0)('the chart, installed on two clusters', () => {
  let east: Cluster;
  let west: Cluster;
  let members: Members;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'overlapping' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    members = openMembers(ground);
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  const read = (
    { kubectl }: Cluster,
    kind: string,
    ...[name, field]: readonly [string, string]
  ): Promise<string> => kubectl(['get', kind, name, '-n', NAMESPACE, '-o', `jsonpath={${field}}`]);

  const rootOf = (cluster: Cluster): Promise<string> =>
    read(cluster, 'trustbundle', 'acme', '.status.roots[0]');

  function valuesOf({ plan: { name, nodeAddress, region, zone } }: Cluster, mesh: object): object {
    const gateway = { service: 'NodePort', nodePort: NODE_PORT, advertise: `${nodeAddress}:${NODE_PORT}` };
    return { ...{ image: TOOLS, cluster: name, region, zone, gateway }, mesh: { name: 'acme', ...mesh } };
  }

  it('makes a mesh', async () => {
    const own = ['-n', NAMESPACE, '--create-namespace'];
    const began = performance.now();
    const said = await install(east, valuesOf(east, { found: true }), ...own);
    say(`installed in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    expect(said).toContain('The controller of east makes the mesh acme');
    expect(said).toContain(
      `kubectl label namespace ${NAMESPACE} pod-security.kubernetes.io/enforce=restricted`,
    );
    await vi.waitFor(async () => expect(await rootOf(east)).toMatch(/^[0-9a-f]{64}$/), { timeout: SOON_MS });
    const outcome = [
      'get',
      'secret',
      'isthmus-order',
      '-n',
      NAMESPACE,
      '-o',
      'go-template={{.data.outcome | base64decode}}',
    ];
    expect(JSON.parse(await east.kubectl(outcome))).toEqual({ steps: ['root of trust created'] });
  });

  it('joins it with a token, as a release that makes the namespace', async () => {
    const said = await members.isthmus(east, 'token', 'create', '--cluster', 'west');
    const [joinToken] = /isthmus-join-\S+/.exec(said) ?? [];
    await install(west, valuesOf(west, { joinToken }), '-n', 'default');
    const enforced = '.metadata.labels.pod-security\\.kubernetes\\.io/enforce';
    expect(await read(west, 'namespace', NAMESPACE, enforced)).toBe('restricted');
    await Promise.all([
      east.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', 'meshcluster/west']),
      west.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', 'meshcluster/east']),
    ]);
    expect(await rootOf(west)).toBe(await rootOf(east));
  });

  it('keeps keys and tokens over an upgrade, and a kind that is newer', async () => {
    const secrets = (): Promise<readonly string[]> =>
      Promise.all(
        ['isthmus-trust', 'isthmus-admin', 'isthmus-order'].map((name) =>
          read(east, 'secret', name, '.data'),
        ),
      );
    const [root, held] = [await rootOf(east), await secrets()];
    expect(held[0]).toContain('root.key');
    const newer = 'multicluster.x-k8s.io/release-version=v0.9.0';
    const crd = 'serviceexports.multicluster.x-k8s.io';
    await east.kubectl(['label', '--overwrite', 'crd', crd, newer]);
    const upgrade = ['upgrade', RELEASE, CHART_FOLDER, '--reuse-values', '-n', NAMESPACE];
    const said = await helmOn(east, [...upgrade, '--set', 'replicas=1', '--wait', '--timeout', '2m']);
    expect(said).toContain('east is in the mesh already');
    expect(await read(east, 'deployment', 'isthmus-gateway', '.status.replicas')).toBe('1');
    expect(await secrets()).toEqual(held);
    await helmOn(east, [...upgrade, '--force-replace', '--server-side=false']);
    expect((await secrets()).slice(0, 2)).toEqual(held.slice(0, 2));
    expect(await rootOf(east)).toBe(root);
    expect(await read(east, 'crd', crd, '.metadata.labels')).toContain('v0.9.0');
    await west.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', 'meshcluster/east']);
  });

  it('gives gateways the configuration of the upgrade that made them', async () => {
    const change = [
      '--reuse-values',
      '--set',
      'region=elsewhere',
      '--wait',
      '--timeout',
      '2m',
      '-n',
      'default',
    ];
    await helmOn(west, ['upgrade', RELEASE, CHART_FOLDER, ...change]);
    const pods = ['get', 'pods', '-n', NAMESPACE, '-l', 'app.kubernetes.io/component=isthmus-gateway'];
    const { items } = JSON.parse(await west.kubectl([...pods, '-o', 'json'])) as Pods;
    const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const read = (pod: string): Promise<string> =>
      west.kubectl(['exec', pod, '-n', NAMESPACE, '--', 'cat', '/var/lib/isthmus/cluster.json']);
    const configs = await Promise.all(staying.map(({ metadata }) => read(metadata.name)));
    expect(configs.map((text) => (JSON.parse(text) as { region: string }).region)).toEqual([
      'elsewhere',
      'elsewhere',
    ]);
  });

  it('is left alone by the command line', async () => {
    const again = ['--mesh', 'acme', '--image', TOOLS, '--gateway-service', 'NodePort'];
    await expect(members.isthmus(east, 'init', ...again)).rejects.toThrow(
      'installed here by Helm, as release isthmus of namespace isthmus-system; change it with helm upgrade',
    );
    await expect(members.isthmus(west, 'uninstall', '--yes')).rejects.toThrow(
      'leave the mesh with isthmus leave --yes, then helm uninstall isthmus -n default',
    );
    expect(await west.kubectl(['get', 'meshcluster', 'west', '-o', 'name'])).toContain('west');
  });

  it('goes with its release, but for the kinds and the namespace of the keys', async () => {
    await members.isthmus(west, 'leave', '--yes');
    await helmOn(west, ['uninstall', RELEASE, '-n', 'default', '--wait', '--timeout', '2m']);
    await west.kubectl(['wait', '--for=delete', 'pod', '--all', '-n', NAMESPACE, '--timeout=90s']);
    expect(await leftIn(west)).toEqual({
      namespaced: [
        'endpointslice.discovery.k8s.io/isthmus-controller',
        'lease.coordination.k8s.io/isthmus-controller',
        'secret/isthmus-trust',
      ],
      everywhere: ['namespace/isthmus-system'],
      kinds: 7,
    });
    expect(await members.isthmus(west, 'uninstall', '--yes')).toContain('nothing of Isthmus is left');
    expect(await leftIn(west)).toMatchObject({ namespaced: [], everywhere: [] });
  });

  it('makes a mesh as a manifest too, which can be applied again', async () => {
    const manifest = readFileSync(MANIFEST_FILE, 'utf8').replaceAll(EXAMPLE.image, TOOLS);
    const deployments = ['deployment/isthmus-controller', 'deployment/isthmus-gateway', '-n', NAMESPACE];
    await west.kubectl(['apply', '-f', '-'], manifest);
    const token = `--from-literal=token=${'0123456789abcdef'.repeat(4)}`;
    await west.kubectl(['create', 'secret', 'generic', 'isthmus-admin', '-n', NAMESPACE, token]);
    await west.kubectl(['rollout', 'status', ...deployments, '--timeout=120s']);
    const keys = await read(west, 'secret', 'isthmus-trust', '.data');
    expect(keys).toContain('root.key');
    await west.kubectl(['apply', '-f', '-'], manifest);
    expect(await read(west, 'secret', 'isthmus-trust', '.data')).toBe(keys);
    expect(await members.isthmus(west, 'status')).toContain('east');
  });
});

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  }[];
}

/** What tells of Isthmus in a cluster, but what Kubernetes makes by itself. */
async function leftIn({ kubectl }: Cluster): Promise<object> {
  const names = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await kubectl(['get', '--ignore-not-found', '-o', 'name', ...args])).trim().split('\n').filter(Boolean);
  const kinds = await kubectl(['api-resources', '--verbs=list', '--namespaced', '-o', 'name']);
  const lasting = kinds
    .trim()
    .split('\n')
    .filter((kind) => !/^events\b/.test(kind));
  const namespaced = await names(lasting.join(','), '-n', NAMESPACE);
  const byKubernetes = ['configmap/kube-root-ca.crt', 'serviceaccount/default'];
  // What a controller remembers may be written while it ends.
  const isState = (name: string): boolean => name.startsWith('configmap/isthmus-state-');
  const everywhere = await names(
    'namespaces,clusterroles,clusterrolebindings,clusterproperties,meshclusters,trustbundles',
  );
  const crds = await names('crd');
  return {
    namespaced: namespaced.filter((name) => !byKubernetes.includes(name) && !isState(name)).sort(),
    everywhere: everywhere.filter((name) => /isthmus|acme|clusterset/.test(name)),
    kinds: crds.filter((name) => /isthmus\.dev|x-k8s\.io|about\.k8s\.io/.test(name)).length,
  };
}
