/**
 * The shop in pods: where the standalone demo runs it, by the same Services, with the same programs. These come from a
 * ConfigMap, so that no image has to be made for them.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { NAMESPACE, type Site } from '../../../examples/demo/cluster.ts';
import type { Controller } from '../../../examples/demo/gather.ts';
import { isReady, NOT_EXPORTED, SITES } from '../../../examples/demo/mesh.ts';
import { ROOT, until } from '../../../examples/demo/processes.ts';
import { INJECTION_LABEL } from '../../../mesh/adapters/kubernetes/injection-choice.ts';
import { state } from '../mcs-objects.ts';
import type { ShopCluster, ShopGround } from './shop-cluster.ts';

/** Of every node: where the shop's front page is. */
export const NODE_PORT = 30_080;
const PORT = 8080;
const READY_MS = 120_000;
const SHOP = path.join(ROOT, 'examples', 'shop');
const SOURCES = { name: 'shop', namespace: NAMESPACE } as const;

/** Resolves when every link is up, and every workload of every cluster can be called. */
export async function startShop(
  { clusters, image }: Pick<ShopGround, 'clusters' | 'image'>,
  controllers: readonly Controller[],
): Promise<void> {
  const sources = await readSources();
  await Promise.all(
    clusters.map(async (cluster) => {
      const site = siteOf(cluster);
      await state(cluster, namespace(), { ...sources, metadata: SOURCES });
      const objects = await Promise.all(site.services.map((service) => objectsOf(service, { site, image })));
      await state(cluster, ...objects.flat());
    }),
  );
  await Promise.all(
    clusters.map((cluster, index) =>
      until(`the shop in ${cluster.name}`, READY_MS, async () => {
        const client = controllers[index]?.client;
        return client !== undefined && (await isReady(client, siteOf(cluster), clusters.length))
          ? true
          : undefined;
      }),
    ),
  );
}

function siteOf(cluster: ShopCluster): Site {
  const site = SITES.find(({ name }) => name === cluster.name);
  if (site === undefined) throw new Error(`the shop has no place in ${cluster.name}`);
  return site;
}

function namespace(): object {
  const labels = { [INJECTION_LABEL]: 'enabled' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } };
}

/** A ConfigMap without its name. */
async function readSources(): Promise<object> {
  const names = (await readdir(SHOP)).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(path.join(SHOP, name), 'utf8')] as const),
  );
  const data = { ...Object.fromEntries(texts), 'package.json': JSON.stringify({ type: 'module' }) };
  return { apiVersion: 'v1', kind: 'ConfigMap', data };
}

interface Service {
  readonly spec: { readonly ports: readonly object[] };
}

interface Place {
  readonly site: Site;
  readonly image: string;
}

async function objectsOf(name: string, place: Place): Promise<readonly object[]> {
  const manifest = await readFile(path.join(SHOP, 'manifests', `${name}.yaml`), 'utf8');
  const service = parse(manifest) as Service;
  const metadata = { name, namespace: NAMESPACE };
  const isFront = name === NOT_EXPORTED;
  const front = isFront ? { nodePort: NODE_PORT } : {};
  const spec = {
    ...service.spec,
    ...{ type: isFront ? 'NodePort' : 'ClusterIP', selector: { app: name } },
    ports: service.spec.ports.map((port) => ({ ...port, ...front, targetPort: PORT })),
  };
  const serviceExport = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport', metadata };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { ...service, spec },
    ...(isFront ? [] : [serviceExport]),
    deployment(name, place),
  ];
}

function deployment(name: string, { site, image }: Place): object {
  const labels = { app: name };
  const container = {
    ...{ name, image, imagePullPolicy: 'IfNotPresent', command: ['node', `/shop/${name}.ts`] },
    env: Object.entries(environment(site)).map(([key, value]) => ({ name: key, value })),
    ports: [{ containerPort: PORT }],
    readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
    volumeMounts: [{ name: 'shop', mountPath: '/shop' }],
  };
  const pod = {
    ...{ serviceAccountName: name, terminationGracePeriodSeconds: 10, containers: [container] },
    volumes: [{ name: 'shop', configMap: { name: SOURCES.name } }],
  };
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: NAMESPACE } },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: pod },
    },
  };
}

/** What `isthmus run` tells the same programs; others they call by name, and the sidecar captures it. */
function environment({ name }: Site): Readonly<Record<string, string>> {
  return {
    ...{ HOST: '0.0.0.0', PORT: String(PORT), ISTHMUS_CLUSTER: name },
    ISTHMUS_LEDGER_SHOP_7000: `ledger.${NAMESPACE}.svc.clusterset.local:7000`,
  };
}
