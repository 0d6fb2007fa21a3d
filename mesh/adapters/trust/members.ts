/** The founder's record of members: who holds which intermediate, who may have one, and whose is withdrawn. */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { toHex } from '../../kit/hex.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ClusterName, MeshName } from '../../model/names.ts';
import { issueIntermediate, keyId } from '../x509/issue.ts';
import type { AuthorityState, Member } from './authority-state.ts';

export function notFounder(cluster: string): Result<never, Fault> {
  return err(fault('not_founder', cluster, 'the root key is not here; ask the founder of the mesh'));
}

/** The member of this name that is not withdrawn. */
export function holderOf(
  state: AuthorityState,
  name: ClusterName,
  evicted: readonly string[],
): Member | undefined {
  return state.members.find((member) => member.cluster === name && !evicted.includes(member.fingerprint));
}

export function nameTaken(name: ClusterName, mesh: MeshName): Fault {
  const message = `is a member of mesh ${mesh} already; evict it first or choose another name`;
  return fault('cluster_name_taken', name, message);
}

export function admit(
  state: AuthorityState,
  request: { name: ClusterName; publicKey: KeyObject; evicted: readonly string[] },
): Result<string, Fault> {
  const { name, publicKey, evicted } = request;
  if (state.root === undefined) return notFounder(name);
  const holder = holderOf(state, name, evicted);
  if (holder !== undefined) {
    if (new X509Certificate(holder.certificate).publicKey.equals(publicKey)) return ok(holder.certificate);
    return err(nameTaken(name, state.mesh));
  }
  if (evicted.includes(toHex(keyId(publicKey))))
    return err(fault('invalid_csr', name, 'its key was withdrawn with a member; try again with a new one'));
  const certificate = issueIntermediate(state.root, {
    mesh: state.mesh,
    cluster: name,
    publicKey,
    nowMs: state.now(),
  });
  state.members = [...state.members, memberOf(name, certificate)];
  state.store.write('members.json', JSON.stringify(state.members));
  return ok(certificate);
}

export function withdraw(
  state: AuthorityState,
  name: ClusterName,
  bundle: TrustBundle,
): Result<TrustBundle, Fault> {
  if (state.root === undefined) return notFounder(name);
  if (name === state.cluster) return err(fault('config_invalid', name, 'the founder cannot evict itself'));
  const known = new Set(bundle.evicted.map((member) => member.fingerprint));
  const held = state.members.filter((member) => member.cluster === name && !known.has(member.fingerprint));
  if (held.length === 0) return err(fault('not_found', name, `is no member of mesh ${state.mesh}`));
  // A certificate that has ended needs no eviction any more: bundles stay small.
  const ended = new Set(
    state.members.filter((member) => hasEnded(member, state.now())).map(({ fingerprint }) => fingerprint),
  );
  const evicted = [
    ...bundle.evicted.filter(({ fingerprint }) => !ended.has(fingerprint)),
    ...held.map(({ fingerprint }) => ({ cluster: name, fingerprint })),
  ];
  return ok({ ...bundle, version: bundle.version + 1, evicted });
}

export function memberOf(cluster: ClusterName, certificate: string): Member {
  return { cluster, certificate, fingerprint: toHex(keyId(new X509Certificate(certificate).publicKey)) };
}

function hasEnded({ certificate }: Member, nowMs: number): boolean {
  return new X509Certificate(certificate).validToDate.getTime() < nowMs;
}
