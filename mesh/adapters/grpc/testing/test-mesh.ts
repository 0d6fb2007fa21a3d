/** A mesh for tests: a founder in memory, other clusters that it admitted, and identities that they issue. */
import { X509Certificate } from 'node:crypto';
import { parseIdentity, type Identity } from '../../../model/identity.ts';
import type { ClusterName, MeshName } from '../../../model/names.ts';
import type { Result } from '../../../kit/result.ts';
import type { Fault } from '../../../model/fault.ts';
import type { MeshIdentity } from '../../../ports/mesh-identity.ts';
import { createMesh, openAuthority, storeMembership, type Authority } from '../../trust/authority.ts';
import { createMemoryKeyStore } from '../../trust/folder-key-store.ts';
import { generateKeyPair, privateKeyToPem } from '../../x509/issue.ts';

const MESH = 'acme' as MeshName;

export function valueOf<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(`${result.error.code} ${result.error.subject}: ${result.error.message}`);
  return result.value;
}

export function foundMesh(cluster = 'east'): Authority {
  return valueOf(
    createMesh(createMemoryKeyStore(), { mesh: MESH, cluster: cluster as ClusterName, nowMs: Date.now() }),
  );
}

/** Another member of the founder's mesh. */
export function admitCluster(founder: Authority, cluster: string): Authority {
  const keys = generateKeyPair();
  const intermediate = valueOf(founder.admit(cluster as ClusterName, keys.publicKey));
  const store = createMemoryKeyStore();
  storeMembership(store, { privateKey: keys.privateKey, intermediate, bundle: founder.signedBundle() });
  return valueOf(openAuthority(store, () => Date.now()));
}

/** `/isthmus/controller`, `/ns/shop/sa/cart` ... of the authority's cluster. */
export function identityOf(authority: Authority, path: string): Identity {
  return valueOf(parseIdentity(`spiffe://${authority.cluster}.${authority.mesh}${path}`));
}

export function issueIdentity(authority: Authority, path: string): MeshIdentity {
  const id = identityOf(authority, path);
  const keys = generateKeyPair();
  const certificateChain = authority.issueLeaf(id, keys.publicKey);
  const { serialNumber, validToDate } = new X509Certificate(certificateChain);
  const credentials = {
    ...{ certificateChain, privateKey: privateKeyToPem(keys.privateKey) },
    ...{ serial: serialNumber.toLowerCase(), notAfter: validToDate.getTime() },
  };
  return {
    id,
    credentials: () => credentials,
    bundle: () => authority.bundle(),
    subscribe: (changed) => authority.subscribe(changed),
  };
}
