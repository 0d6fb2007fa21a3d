/**
 * Certificates of a run. Isthmus gets those it issues itself; the others get leaves of the same kind (P-256, under a
 * name-constrained intermediate) with a DNS name, because nginx and HAProxy check no other.
 */
import {
  createRoot,
  generateKeyPair,
  intermediateName,
  issueIntermediate,
  issueLeaf,
  privateKeyToPem,
} from '../../mesh/adapters/x509/issue.ts';
import type { Identity } from '../../mesh/model/identity.ts';
import type { ClusterName, Namespace, ServiceAccount } from '../../mesh/model/names.ts';
import { MESH } from '../../sidecar/testing/fake-discovery.ts';
import { createTestTrust, type TestTrust } from '../../sidecar/testing/test-identity.ts';
import { CLIENT_CLUSTER, SERVER_CLUSTER, SERVER_NAME } from '../names.ts';

export interface PeerCertificate {
  /** PEM: leaf and intermediate. */
  readonly chain: string;
  readonly key: string;
}

export interface BenchTrust {
  readonly mesh: TestTrust;
  /** For the others: PEM of the root, and of each side. */
  readonly root: string;
  readonly client: PeerCertificate;
  readonly server: PeerCertificate;
}

export function createBenchTrust(): BenchTrust {
  const nowMs = Date.now();
  const root = createRoot(MESH, generateKeyPair(), nowMs);
  const certify = (cluster: ClusterName, account: string, dnsName: string): PeerCertificate => {
    const keys = generateKeyPair();
    const certificate = issueIntermediate(root, { mesh: MESH, cluster, publicKey: keys.publicKey, nowMs });
    const issuer = { certificate, privateKey: keys.privateKey, commonName: intermediateName(cluster, MESH) };
    const leaf = generateKeyPair();
    const identity: Identity = {
      ...{ kind: 'workload', mesh: MESH, cluster },
      ...{ namespace: 'shop' as Namespace, serviceAccount: account as ServiceAccount },
    };
    const pem = issueLeaf(issuer, { identity, publicKey: leaf.publicKey, nowMs, dnsNames: [dnsName] });
    return { chain: pem + certificate, key: privateKeyToPem(leaf.privateKey) };
  };
  return {
    mesh: createTestTrust(CLIENT_CLUSTER),
    root: root.certificate,
    client: certify(CLIENT_CLUSTER, 'client', `client.${CLIENT_CLUSTER}.${MESH}`),
    server: certify(SERVER_CLUSTER, 'app', SERVER_NAME),
  };
}
