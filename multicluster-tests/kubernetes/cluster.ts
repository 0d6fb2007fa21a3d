/** One cluster from nothing to a ready node, each part as soon as what it needs is there. */
import { makeCertificates } from './certificates.ts';
import { startDns } from './cluster-dns.ts';
import { importImages, startContainerd } from './container-runtime.ts';
import { startControlPlane } from './control-plane.ts';
import type { ClusterPrograms } from './go-programs.ts';
import type { StagedImage } from './images/stage.ts';
import { startKubelet, startKubeProxy } from './kubelet.ts';
import { kubectl } from './kubectl.ts';
import { openNode } from './node.ts';
import type { ClusterPlan } from './plan.ts';
import type { Site } from './site.ts';

export interface Cluster {
  readonly plan: ClusterPlan;
  /** As its administrator; answers what was printed. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
}

export async function startCluster(
  plan: ClusterPlan,
  programs: ClusterPrograms,
  images: readonly StagedImage[],
): Promise<Cluster> {
  const site: Site = { plan, programs, node: await openNode(plan) };
  const runtime = startContainerd(site);
  const imported = runtime.then(() => importImages(site.node, images));
  const control = makeCertificates(plan).then(() => startControlPlane(site));
  await Promise.all([runtime, control]);
  await Promise.all([startKubeProxy(site), startKubelet(site), startDns(site), imported]);
  return openCluster(plan, programs);
}

/** A cluster that runs already. */
export function openCluster(plan: ClusterPlan, programs: ClusterPrograms): Cluster {
  return { plan, kubectl: (args, input) => kubectl({ plan, programs }, args, input) };
}
