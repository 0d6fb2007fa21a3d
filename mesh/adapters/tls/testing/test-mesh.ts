/** Meshes for tests: real authorities in memory, and identities whose credentials and bundle a test replaces by hand. */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Result } from '../../../kit/result.ts';
import type { TrustBundle } from '../../../model/bundle.ts';
import type { Fault } from '../../../model/fault.ts';
import type { Identity, WorkloadIdentity } from '../../../model/identity.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount } from '../../../model/names.ts';
import type { Credentials, MeshIdentity } from '../../../ports/mesh-identity.ts';
import { createMesh, openAuthority, storeMembership, type Authority } from '../../trust/authority.ts';
import { createMemoryKeyStore } from '../../trust/folder-key-store.ts';
import { generateKeyPair, privateKeyToPem } from '../../x509/issue.ts';
import { createMeshTlsServer, type MeshTlsServer, type MeshTlsServerOptions } from '../mesh-tls.ts';

export const mesh = 'acme' as MeshName;

export function valueOf<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

export function codeOf(result: Result<unknown, Fault>): string {
  return result.ok ? 'accepted' : result.error.code;
}

export function foundMesh(name: string): Authority {
  const cluster = name as ClusterName;
  return valueOf(createMesh(createMemoryKeyStore(), { mesh, cluster, nowMs: Date.now() }));
}

export function joinMesh(founder: Authority, name: string): Authority {
  const { privateKey, intermediate } = admitKey(founder, name);
  const store = createMemoryKeyStore();
  storeMembership(store, { privateKey, intermediate, bundle: founder.signedBundle() });
  return valueOf(openAuthority(store, () => Date.now()));
}

/** A member's intermediate (PEM) and its private key: what a thief of that cluster holds. */
export function admitKey(founder: Authority, name: string): { privateKey: KeyObject; intermediate: string } {
  const { privateKey, publicKey } = generateKeyPair();
  return { privateKey, intermediate: valueOf(founder.admit(name as ClusterName, publicKey)) };
}

export function workload(cluster: string, serviceAccount = 'cart'): WorkloadIdentity {
  return {
    ...{ kind: 'workload', mesh, cluster: cluster as ClusterName },
    ...{ namespace: 'shop' as Namespace, serviceAccount: serviceAccount as ServiceAccount },
  };
}

export interface TestIdentity extends MeshIdentity {
  use(next: { credentials?: Credentials; bundle?: TrustBundle }): void;
}

export function testIdentity(authority: Authority, id: Identity = workload(authority.cluster)): TestIdentity {
  return heldIdentity(id, issue(authority, id), authority.bundle());
}

export function issue(authority: Authority, id: Identity): Credentials {
  const keys = generateKeyPair();
  return credentialsOf(authority.issueLeaf(id, keys.publicKey), privateKeyToPem(keys.privateKey));
}

export function credentialsOf(certificateChain: string, privateKey: string): Credentials {
  const leaf = new X509Certificate(certificateChain);
  const serial = leaf.serialNumber.toLowerCase();
  return { certificateChain, privateKey, serial, notAfter: leaf.validToDate.getTime() };
}

export function heldIdentity(id: Identity, credentials: Credentials, bundle: TrustBundle): TestIdentity {
  const listeners = new Set<() => void>();
  let held = { credentials, bundle };
  return {
    ...{ id, credentials: () => held.credentials, bundle: () => held.bundle },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    use(next) {
      held = { ...held, ...next };
      for (const listener of listeners) listener();
    },
  };
}

export interface TestServer extends MeshTlsServer {
  readonly port: number;
  readonly accepted: Identity[];
  readonly refused: Fault[];
}

/** A mesh server that answers `hello` to each peer it accepts. */
export async function listen(
  identity: MeshIdentity,
  options: Partial<MeshTlsServerOptions> = {},
): Promise<TestServer> {
  const accepted: Identity[] = [];
  const refused: Fault[] = [];
  const server = createMeshTlsServer({
    ...{ identity, expect: { kind: 'member' }, alpn: ['isthmus-tcp'], handshakeTimeoutMs: 5000 },
    now: () => Date.now(),
    onConnection: (socket, peer) => {
      accepted.push(peer);
      socket.write('hello');
    },
    onRefused: (refusal) => void refused.push(refusal),
    ...options,
  });
  server.server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return { ...server, port: (server.server.address() as AddressInfo).port, accepted, refused };
}

/** Waits for a condition that events bring about. */
export async function until(holds: () => boolean, deadlineMs = 5000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error('did not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
