/** Real certificates for tests: one founder, a member for each other cluster, leaves without an enrolment service. */
import {
  createMesh,
  openAuthority,
  storeMembership,
  type Authority,
} from '../../mesh/adapters/trust/authority.ts';
import { createMemoryKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import { generateKeyPair, privateKeyToPem } from '../../mesh/adapters/x509/issue.ts';
import type { Result } from '../../mesh/kit/result.ts';
import type { TrustBundle } from '../../mesh/model/bundle.ts';
import { formatFault, type Fault } from '../../mesh/model/fault.ts';
import type { Identity } from '../../mesh/model/identity.ts';
import type { ClusterName, Namespace, ServiceAccount } from '../../mesh/model/names.ts';
import type { Credentials, MeshIdentity } from '../../mesh/ports/mesh-identity.ts';
import { X509Certificate } from 'node:crypto';
import { MESH } from './fake-discovery.ts';

export interface TestIdentity extends MeshIdentity {
  /** Gets a new certificate. */
  rotate(): void;
  setBundle(bundle: TrustBundle): void;
}

export interface TestTrust {
  readonly founder: Authority;
  authority(cluster: string): Authority;
  identity(cluster: string, serviceAccount: string): TestIdentity;
}

export function createTestTrust(founderCluster: string): TestTrust {
  const nowMs = Date.now();
  const founder = valueOf(
    createMesh(createMemoryKeyStore(), { mesh: MESH, cluster: founderCluster as ClusterName, nowMs }),
  );
  const authorities = new Map<string, Authority>([[founderCluster, founder]]);
  const authority = (cluster: string): Authority => {
    const known = authorities.get(cluster);
    if (known !== undefined) return known;
    const store = createMemoryKeyStore();
    const { privateKey, publicKey } = generateKeyPair();
    const intermediate = valueOf(founder.admit(cluster as ClusterName, publicKey));
    storeMembership(store, { privateKey, intermediate, bundle: founder.signedBundle() });
    const member = valueOf(openAuthority(store, () => Date.now()));
    authorities.set(cluster, member);
    return member;
  };
  return {
    ...{ founder, authority },
    identity(cluster, serviceAccount) {
      const id: Identity = {
        ...{ kind: 'workload', mesh: MESH, cluster: cluster as ClusterName },
        ...{ namespace: 'shop' as Namespace, serviceAccount: serviceAccount as ServiceAccount },
      };
      return holdIdentity(authority(cluster), id);
    },
  };
}

function holdIdentity(authority: Authority, id: Identity): TestIdentity {
  const listeners = new Set<() => void>();
  let bundle = authority.bundle();
  let credentials = issue(authority, id);
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    ...{ id, credentials: () => credentials, bundle: () => bundle },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    rotate() {
      credentials = issue(authority, id);
      tell();
    },
    setBundle(next) {
      bundle = next;
      tell();
    },
  };
}

function issue(authority: Authority, id: Identity): Credentials {
  const { privateKey, publicKey } = generateKeyPair();
  const certificateChain = authority.issueLeaf(id, publicKey);
  const leaf = new X509Certificate(certificateChain);
  return {
    ...{ certificateChain, privateKey: privateKeyToPem(privateKey) },
    ...{ serial: leaf.serialNumber.toLowerCase(), notAfter: leaf.validToDate.getTime() },
  };
}

export function valueOf<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(formatFault(result.error));
  return result.value;
}
