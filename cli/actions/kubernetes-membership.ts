/** What `init` and `join` do in Kubernetes clusters; loaded only for them. */
import { withKube, type KubeCluster } from '../kubernetes/connect.ts';
import type { KubeChoice } from '../kubernetes/choice.ts';
import { installCluster } from '../kubernetes/install.ts';
import { until } from '../kubernetes/until.ts';
import { podAdminClient } from '../../mesh/adapters/kubernetes/pod-admin.ts';
import { decodeJoinToken } from '../../mesh/decide/join-token.ts';
import { parseLabel, type ClusterName, type MeshName } from '../../mesh/model/names.ts';
import { orFail, orUsage } from '../options.ts';
import { note } from '../output/print.ts';
import type { PlaceOptions } from '../place.ts';

/** Installs Isthmus and founds a mesh. The cluster is named as its context unless `name` says otherwise. */
export async function initInKubernetes(
  choice: KubeChoice,
  { mesh, name }: { readonly mesh: MeshName; readonly name: string | undefined },
  place: PlaceOptions,
): Promise<void> {
  await withKube(choice, async (kube) => {
    const cluster = clusterName(name ?? kube.context);
    await installCluster(kube, { ...place, mesh, cluster }, { kind: 'found' });
    note(`mesh ${mesh} has 1 cluster. Next: isthmus join --context <other> --to ${kube.context}`);
  });
}

/** The name of the context, or the one that was given. */
function clusterName(text: string): ClusterName {
  return orUsage(parseLabel<ClusterName>(text, 'cluster (say --cluster <name>)'));
}

/** Installs Isthmus and joins with a token. */
export async function joinInKubernetes(
  choice: KubeChoice,
  token: string,
  place: PlaceOptions,
): Promise<void> {
  await withKube(choice, (kube) => join(kube, token, place));
}

/** The same with a token that is made for it in the cluster of the context `to`. */
export async function joinByContext(
  choice: KubeChoice,
  { to, name }: { readonly to: string; readonly name: string | undefined },
  place: PlaceOptions,
): Promise<void> {
  await withKube(choice, async (kube) => {
    const cluster = clusterName(name ?? kube.context);
    const { kubeconfig } = choice;
    const token = await withKube(
      { context: to, ...(kubeconfig === undefined ? {} : { kubeconfig }) },
      ({ api }) => podAdminClient(api).createToken(cluster),
    );
    note(`✓ token for ${cluster}, valid 15 min, single use`);
    await join(kube, orFail(token).token, place);
  });
}

const LINK_MS = 60_000;

async function join(kube: KubeCluster, token: string, place: PlaceOptions): Promise<void> {
  const { mesh, cluster, founder } = orFail(decodeJoinToken(token));
  await installCluster(kube, { ...place, mesh, cluster }, { kind: 'join', token });
  const admin = podAdminClient(kube.api);
  const rtt = await until({ what: `the exchange with ${founder} is up`, ms: LINK_MS }, async () => {
    const clusters = await admin.clusters();
    const link = clusters.ok ? clusters.value.find((entry) => entry.cluster === founder)?.link : undefined;
    return link?.state === 'up' ? (link.rttMs ?? 0) : undefined;
  });
  note(`✓ exchange with ${founder} up      ${Math.round(rtt)} ms`);
  note(
    '  What crossed: one public key, one certificate, one trust bundle. No kubeconfig, no private key, no API token.',
  );
  note(`${cluster} is a member of ${mesh}.`);
}
