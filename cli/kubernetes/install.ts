/** Puts Isthmus into a Kubernetes cluster and brings it into a mesh, step by step; each can be repeated. */
import { randomBytes } from 'node:crypto';
import { adminSecret, configObject, gatewayService, gatewayServiceSettings } from './objects.ts';
import { applyManifest, pathOf, readObject, type Api } from './apply-manifest.ts';
import type { KubeCluster } from './connect.ts';
import { complaint, untilReady } from './deployments.ts';
import { gatewayAddress } from './gateway-address.ts';
import type { GatewayServiceType } from './gateway-service-types.ts';
import { baseObjects, podClusterConfig } from './installation-objects.ts';
import { refuseHelmRelease } from './helm-release.ts';
import { installKinds } from './install-crds.ts';
import { installDns } from './install-dns.ts';
import { placeOf } from './node-places.ts';
import { until } from './until.ts';
import { controllerWorkload, gatewayWorkload, workloadSettings } from './workloads.ts';
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { openInstallOrders, type InstallOrder } from '../../mesh/adapters/kubernetes/install-order.ts';
import { CONTROLLER, GATEWAY } from '../../mesh/adapters/kubernetes/installation.ts';
import { configText } from '../../mesh/adapters/standalone/cluster-config-file.ts';
import type { ClusterConfig, ListenAddress } from '../../mesh/model/cluster-config.ts';
import { fault } from '../../mesh/model/fault.ts';
import type { ClusterName, MeshName } from '../../mesh/model/names.ts';
import { CommandFailed, note } from '../output/print.ts';

export interface InstallOptions {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly region?: string;
  readonly zone?: string;
  readonly network?: string;
  readonly image: string;
  readonly replicas: number;
  readonly gatewayService: GatewayServiceType;
  /** With a server for clusterset.local. */
  readonly dns?: true;
  /** How other clusters reach the gateway, if not as its Service says. */
  readonly advertise?: ListenAddress;
}

/** `order` is carried out unless the cluster is in the mesh already. Resolves when all pods are ready. */
export async function installCluster(
  { api }: KubeCluster,
  options: InstallOptions,
  order: InstallOrder,
): Promise<void> {
  const isMember = await checkMembership(api, options);
  await refuseHelmRelease(api, () => 'change it with helm upgrade, or take it out with helm uninstall first');
  await installBase(api);
  const service = await applyManifest(api, gatewayService(gatewayServiceSettings(options.gatewayService)));
  const advertise = options.advertise ?? (await gatewayAddress(api, service));
  const config = configText(await configOf(api, options, advertise));
  await applyManifest(api, configObject(config));
  if (!isMember) await openInstallOrders(api).give(order);
  const workload = workloadSettings({ image: options.image, replicas: options.replicas, config });
  for (const object of controllerWorkload(workload)) await applyManifest(api, object);
  if (!isMember) await untilCarriedOut(api);
  const controllers = await untilReady(api, CONTROLLER);
  for (const object of gatewayWorkload(workload)) await applyManifest(api, object);
  const gateways = await untilReady(api, GATEWAY);
  note(
    `✓ controller ${controllers}, gateway ${gateways} ready    gateway ${advertise.host}:${advertise.port}`,
  );
  if (options.dns === true) await installDns(api, options.image);
}

/** KEP-2149: the properties are there exactly while the cluster is a member of a clusterset. */
async function checkMembership(api: Api, { mesh, cluster }: InstallOptions): Promise<boolean> {
  const version = await readObject(api, '/version');
  note(`✓ kube-apiserver reachable, ${String(version?.['gitVersion'])}`);
  const held = [await property(api, 'clusterset.k8s.io'), await property(api, 'cluster.clusterset.k8s.io')];
  if (held[0] === undefined) return false;
  if (held[0] === mesh && held[1] === cluster) return true;
  const message = `this cluster is ${held[1]} in ${held[0]} already, not ${cluster} in ${mesh}; leave that first`;
  throw new CommandFailed(fault('already_exists', 'clusterset.k8s.io', message));
}

async function property(api: Api, name: string): Promise<string | undefined> {
  const object = await readObject(api, `/apis/about.k8s.io/v1beta1/clusterproperties/${name}`);
  const spec = isRecord(object?.['spec']) ? object['spec'] : {};
  return typeof spec['value'] === 'string' ? spec['value'] : undefined;
}

async function installBase(api: Api): Promise<void> {
  const { installed, kept } = await installKinds(api);
  const left = kept.length === 0 ? '' : `    kept as they are: ${kept.join(', ')}`;
  note(`✓ kinds installed (${installed})${left}`);
  for (const object of baseObjects()) await applyManifest(api, object);
  const secret = adminSecret(Buffer.from(randomBytes(32).toString('hex')).toString('base64'));
  if ((await readObject(api, pathOf(secret))) === undefined) await applyManifest(api, secret);
}

async function configOf(api: Api, options: InstallOptions, advertise: ListenAddress): Promise<ClusterConfig> {
  const { mesh, cluster, network = cluster } = options;
  const { region, zone } = await placeOf(api, options);
  return podClusterConfig({ mesh, cluster, region, zone, network, advertise });
}

const CARRIED_OUT_MS = 120_000;

async function untilCarriedOut(api: Api): Promise<void> {
  const orders = openInstallOrders(api);
  const wait = {
    what: 'the controller is in the mesh',
    ms: CARRIED_OUT_MS,
    why: () => complaint(api, CONTROLLER),
  };
  const outcome = await until(wait, async () => {
    const read = await orders.outcome();
    return read.ok ? read.value : undefined;
  });
  for (const step of outcome.steps) note(`✓ ${step}`);
  if (outcome.fault !== undefined) throw new CommandFailed(outcome.fault);
}
