/** The meshes that are measured: this one on a ground of its own, and a peer on one that somebody has prepared. */
import type { Cluster } from '../cluster.ts';
import { raiseGround, standingGround, type Ground, type Say } from '../ground.ts';
import { TOOLS } from '../images/ground-images.ts';
import { exported, imported, makeNamespace, state } from '../mcs-objects.ts';
import { startMembers } from '../members.ts';
import { planGround } from '../plan.ts';
import { NAMESPACE, SERVICE, startApplication } from './application.ts';

export interface Mesh {
  readonly name: string;
  readonly ground: Ground;
  /** Where a caller in that cluster sends its requests, and to which name. */
  target(cluster: Cluster): Promise<{ readonly ip: string; readonly host: string }>;
}

export async function raiseIsthmus(groundName: string, say: Say): Promise<Mesh> {
  const plan = planGround({ name: groundName, clusters: 2, layout: 'overlapping' });
  const ground = await raiseGround(plan, say);
  const { inject } = await startMembers(ground);
  await makeNamespace(NAMESPACE, ground.clusters);
  await startApplication(ground, async ({ kubectl }, manifests) => {
    await kubectl(['apply', '-f', '-'], await inject(manifests, '-n', NAMESPACE, '--image', TOOLS));
  });
  await state(ground.clusters[1]!, exported(NAMESPACE));
  return {
    ...{ name: 'isthmus', ground },
    async target(cluster) {
      const [ip] = (await imported(cluster, NAMESPACE))?.spec.ips ?? [];
      if (ip === undefined) throw new Error(`no address of the import in ${cluster.plan.name}`);
      return { ip, host: `hello.${NAMESPACE}.svc.clusterset.local` };
    },
  };
}

/**
 * The ground of that name has two clusters of the same ranges, another mesh in both, and a namespace `shop` that gives its
 * pods sidecars of that mesh. What is there of the application stays there.
 */
export async function findPeer(name: string): Promise<Mesh> {
  const ground = await standingGround(name);
  if (ground?.clusters.length !== 2) throw new Error(`no ground ${name} of two clusters is up`);
  await startApplication(ground, async ({ kubectl }, manifests) => {
    await kubectl(['apply', '-f', '-'], manifests);
  });
  // By the same name in both clusters, as meshes without the Multi-Cluster Services API have it.
  await state(ground.clusters[0]!, SERVICE);
  return {
    ...{ name, ground },
    async target({ kubectl }) {
      const ip = await kubectl(['get', 'service', 'hello', '-n', NAMESPACE, '-o=jsonpath={.spec.clusterIP}']);
      return { ip, host: `hello.${NAMESPACE}.svc.cluster.local` };
    },
  };
}
