/** What the SPIFFE Workload API tells a workload: its X.509-SVID, and the roots of each trust domain of the mesh. */
import { createPrivateKey } from 'node:crypto';
import { formatIdentity } from '../../model/identity.ts';
import { trustDomain, type ClusterName } from '../../model/names.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import type { X509BundlesResponse, X509SVIDResponse } from '../grpc/generated/spiffe/workload.ts';
import { fromPem } from '../x509/der.ts';

export function svidMessage(identity: MeshIdentity, others: readonly ClusterName[]): X509SVIDResponse {
  const { certificateChain, privateKey } = identity.credentials();
  const svid = {
    spiffeId: formatIdentity(identity.id),
    x509Svid: derOf(certificateChain),
    x509SvidKey: createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' }),
    bundle: rootsOf(identity),
  };
  return { svids: [svid], crl: [], federatedBundles: bundlesOf(identity, others) };
}

/** The standard wants the own trust domain among them, whatever becomes of its cluster. */
export function bundlesMessage(identity: MeshIdentity, others: readonly ClusterName[]): X509BundlesResponse {
  const own = { [idOf(identity, identity.id.cluster)]: rootsOf(identity) };
  return { crl: [], bundles: { ...own, ...bundlesOf(identity, others) } };
}

/**
 * Every member chains to the mesh's roots. One with a withdrawn intermediate is left out: clients of the standard know
 * trust domains and roots, and would take the withdrawn one too.
 */
function bundlesOf(identity: MeshIdentity, clusters: readonly ClusterName[]): Record<string, Buffer> {
  const evicted = new Set(identity.bundle().evicted.map(({ cluster }) => cluster));
  const trusted = clusters.filter((cluster) => !evicted.has(cluster));
  const roots = rootsOf(identity);
  return Object.fromEntries(trusted.map((cluster) => [idOf(identity, cluster), roots]));
}

function idOf({ id }: MeshIdentity, cluster: ClusterName): string {
  return `spiffe://${trustDomain(cluster, id.mesh)}`;
}

function rootsOf(identity: MeshIdentity): Buffer {
  return Buffer.concat(identity.bundle().roots.map(derOf));
}

function derOf(pem: string): Buffer {
  return Buffer.concat(fromPem(pem) ?? []);
}
