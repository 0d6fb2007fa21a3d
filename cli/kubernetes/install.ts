/** Puts Isthmus into a Kubernetes cluster and brings it into a mesh, step by step; each can be repeated. */
import {
  adminSecret,
  configObject,
  controllerService,
  gatewayService,
  namespaceObject,
  secretObjects,
} from './objects.ts';
import { applyManifest, pathOf, readObject, type Api } from './apply-manifest.ts';
import type { KubeCluster } from './connect.ts';
import { complaint, untilReady } from './deployments.ts';
import { gatewayAddress } from './gateway-address.ts';
import type { GatewayServiceType } from './gateway-service-types.ts';
import { installKinds } from './install-crds.ts';
import { placeOf } from './node-places.ts';
import { roleObjects } from './roles.ts';
import { until } from './until.ts';
import { controllerWorkload, gatewayWorkload } from './workloads.ts';
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { openInstallOrders, type InstallOrder } from '../../mesh/adapters/kubernetes/install-order.ts';
import { CONTROLLER, GATEWAY, PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
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
  /** How other clusters reach the gateway, if not as its Service says. */
  readonly advertise?: ListenAddress;
}

/** `order` is carried out unless the cluster is in the mesh already. Resolves when all pods are ready. */
export async function installCluster(
  { api }: KubeCluster,
  options: InstallOptions,
  order: InstallOrder,
): Promise<ClusterConfig> {
  const isMember = await checkMembership(api, options.mesh);
  await installBase(api);
  const service = await applyManifest(api, gatewayService(options.gatewayService));
  const advertise = options.advertise ?? (await gatewayAddress(api, service));
  const config = await configOf(api, options, advertise);
  const text = configText(config);
  await applyManifest(api, configObject(text));
  if (!isMember) await openInstallOrders(api).give(order);
  const workload = { image: options.image, replicas: options.replicas, config: text };
  for (const object of controllerWorkload(workload)) await applyManifest(api, object);
  if (!isMember) await untilCarriedOut(api);
  const controllers = await untilReady(api, CONTROLLER);
  // Its pods mount what the controller has written by now.
  for (const object of gatewayWorkload(workload)) await applyManifest(api, object);
  const gateways = await untilReady(api, GATEWAY);
  note(
    `✓ controller ${controllers}, gateway ${gateways} ready    gateway ${advertise.host}:${advertise.port}`,
  );
  return config;
}

/** KEP-2149: the property is there exactly while the cluster is a member of a clusterset. */
async function checkMembership(api: Api, mesh: MeshName): Promise<boolean> {
  const version = await readObject(api, '/version');
  note(`✓ kube-apiserver reachable, ${String(version?.['gitVersion'])}`);
  const property = await readObject(api, '/apis/about.k8s.io/v1beta1/clusterproperties/clusterset.k8s.io');
  if (property === undefined) return false;
  const spec = isRecord(property['spec']) ? property['spec'] : {};
  const held = String(spec['value']);
  if (held === mesh) return true;
  const message = `this cluster is in ${held} already; leave that first`;
  throw new CommandFailed(fault('already_exists', 'clusterset.k8s.io', message));
}

async function installBase(api: Api): Promise<void> {
  const { installed, kept } = await installKinds(api);
  const left = kept.length === 0 ? '' : `    kept as they are: ${kept.join(', ')}`;
  note(`✓ kinds installed (${installed})${left}`);
  for (const object of [namespaceObject(), ...secretObjects(), ...roleObjects(), controllerService()])
    await applyManifest(api, object);
  const secret = adminSecret();
  if ((await readObject(api, pathOf(secret))) === undefined) await applyManifest(api, secret);
}

async function configOf(api: Api, options: InstallOptions, advertise: ListenAddress): Promise<ClusterConfig> {
  const { mesh, cluster, network = cluster } = options;
  const { region, zone } = await placeOf(api, options);
  return {
    ...{ mesh, cluster, region, zone, network, advertise, kubernetes: true, allowLoopbackPeers: false },
    gateway: { host: '0.0.0.0', port: PORTS.gateway },
    controller: {
      ...{ host: '0.0.0.0', federationPort: PORTS.federation, joinPort: PORTS.join },
      ...{ discoveryPort: PORTS.discovery, enrolmentPort: PORTS.enrolment, adminPort: PORTS.admin },
    },
  };
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
