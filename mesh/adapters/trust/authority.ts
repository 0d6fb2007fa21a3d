/**
 * A cluster's certificate authority: issues the leaves of its workloads from its intermediate, and holds the bundle.
 * The founder's also holds the root: it issues intermediates to members and withdraws them.
 */
import { randomBytes, X509Certificate, type KeyObject } from 'node:crypto';
import { toHex } from '../../kit/hex.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { SignedBundle, TrustBundle } from '../../model/bundle.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity } from '../../model/identity.ts';
import { trustDomain, type ClusterName, type MeshName } from '../../model/names.ts';
import type { KeyStore } from '../../ports/key-store.ts';
import { createRoot, generateKeyPair, issueIntermediate, issueLeaf, privateKeyToPem } from '../x509/issue.ts';
import { readAll, readState, type AuthorityState } from './authority-state.ts';
import { admit, holderOf, memberOf, notFounder, withdraw } from './members.ts';
import { openBundle, readPayload, signBundle } from './signed-bundle.ts';

export interface Authority {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly isFounder: boolean;
  readonly routeKey: Uint8Array;
  readonly enrolmentKey: Uint8Array;
  bundle(): TrustBundle;
  signedBundle(): SignedBundle;
  /** PEM of this cluster's intermediate certificate. */
  intermediate(): string;
  /** PEM: leaf, then intermediate. */
  issueLeaf(identity: Identity, publicKey: KeyObject): string;
  /** Takes a bundle that a root signed and whose version is higher; answers whether it was new. */
  adoptBundle(signed: SignedBundle): Result<boolean, Fault>;
  /** Founder: whether a member has this name. */
  isMember(cluster: ClusterName): boolean;
  /** Founder: an intermediate for a new member; a name in use is refused unless it asks with the same key again. */
  admit(cluster: ClusterName, publicKey: KeyObject): Result<string, Fault>;
  /** Founder: withdraws a member's intermediates; the new bundle says so to all. */
  evict(cluster: ClusterName): Result<SignedBundle, Fault>;
  /** Called after the bundle changed; returns the way to stop. */
  subscribe(changed: () => void): () => void;
}

export interface NewMesh {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly nowMs: number;
}

/**
 * Makes a mesh: root, first bundle, and this cluster's own keys. Refuses a store that holds an authority. The clock of
 * what is returned stands at `nowMs`: a program that runs on opens the store again.
 */
export function createMesh(store: KeyStore, { mesh, cluster, nowMs }: NewMesh): Result<Authority, Fault> {
  const existing = store.read('intermediate.key');
  if (!existing.ok) return existing;
  if (existing.value !== undefined)
    return err(fault('already_exists', cluster, 'this folder already holds a cluster of a mesh'));
  const root = createRoot(mesh, generateKeyPair(), nowMs);
  const keys = generateKeyPair();
  const intermediate = issueIntermediate(root, { mesh, cluster, publicKey: keys.publicKey, nowMs });
  store.write('root.key', privateKeyToPem(root.privateKey));
  store.write('members.json', JSON.stringify([memberOf(cluster, intermediate)]));
  const bundle = signBundle({ mesh, version: 1, roots: [root.certificate], evicted: [] }, root.privateKey);
  storeMembership(store, { privateKey: keys.privateKey, intermediate, bundle });
  return openAuthority(store, () => nowMs);
}

/** What a new member keeps of its joining; route and enrolment keys are made here. */
export function storeMembership(
  store: KeyStore,
  membership: { privateKey: KeyObject; intermediate: string; bundle: SignedBundle },
): void {
  store.write('root.crt', readPayload(membership.bundle.payload)?.roots[0] ?? '');
  store.write('intermediate.crt', membership.intermediate);
  store.write('bundle.json', JSON.stringify(membership.bundle));
  store.write('route.key', toHex(randomBytes(32)));
  store.write('enrolment.key', toHex(randomBytes(32)));
  store.write('intermediate.key', privateKeyToPem(membership.privateKey));
}

/** What is missing, damaged, or does not belong together is refused: nothing is made up in its place (S22). */
export function openAuthority(store: KeyStore, now: () => number): Result<Authority, Fault> {
  const texts = readAll(store);
  if (!texts.ok) return texts;
  try {
    const state = readState(store, texts.value, now);
    if (state !== undefined) return checkTerm(state);
  } catch {
    // A key or certificate that cannot be read is a damaged one.
  }
  return err(
    fault(
      'bundle_missing',
      'trust',
      'the keys, certificates or bundle of this cluster are missing or damaged; restore them or join again',
    ),
  );
}

function checkTerm(state: AuthorityState): Result<Authority, Fault> {
  const { validToDate } = new X509Certificate(state.intermediate);
  if (state.now() <= validToDate.getTime()) return ok(createAuthority(state));
  const domain = trustDomain(state.cluster, state.mesh);
  const message = `its intermediate certificate ended ${validToDate.toISOString()}; join again`;
  return err(fault('certificate_expired', domain, message));
}

function createAuthority(state: AuthorityState): Authority {
  const { mesh, cluster } = state;
  const held = holdBundle(state);
  const evicted = (): readonly string[] => held.bundle().evicted.map((member) => member.fingerprint);
  return {
    ...{
      mesh,
      cluster,
      isFounder: state.root !== undefined,
      routeKey: state.routeKey,
      enrolmentKey: state.enrolmentKey,
    },
    ...{
      bundle: held.bundle,
      signedBundle: () => state.bundle,
      adoptBundle: held.adopt,
      subscribe: held.subscribe,
    },
    intermediate: () => state.intermediate,
    issueLeaf: (identity, publicKey) =>
      issueLeaf(state.issuer, { identity, publicKey, nowMs: state.now(), dnsNames: dnsNamesOf(identity) }) +
      state.intermediate,
    isMember: (name) => holderOf(state, name, evicted()) !== undefined,
    admit: (name, publicKey) => admit(state, { name, publicKey, evicted: evicted() }),
    evict(name) {
      const next = withdraw(state, name, held.bundle());
      if (!next.ok || state.root === undefined) return next.ok ? notFounder(name) : next;
      const signed = signBundle(next.value, state.root.privateKey);
      held.replace(signed, next.value);
      return ok(signed);
    },
  };
}

interface HeldBundle {
  bundle(): TrustBundle;
  replace(signed: SignedBundle, opened: TrustBundle): void;
  adopt(signed: SignedBundle): Result<boolean, Fault>;
  subscribe(changed: () => void): () => void;
}

function holdBundle(state: AuthorityState): HeldBundle {
  const listeners = new Set<() => void>();
  let bundle = readPayload(state.bundle.payload) as TrustBundle;
  const replace = (signed: SignedBundle, opened: TrustBundle): void => {
    state.store.write('bundle.json', JSON.stringify(signed));
    state.bundle = signed;
    bundle = opened;
    for (const listener of listeners) listener();
  };
  return {
    ...{ bundle: () => bundle, replace },
    adopt(signed) {
      if (signed.payload === state.bundle.payload) return ok(false);
      const opened = openBundle(signed, { mesh: state.mesh, roots: bundle.roots });
      if (!opened.ok) return opened;
      if (opened.value.version < bundle.version) return ok(false);
      if (opened.value.version === bundle.version) {
        return err(
          fault(
            'bundle_invalid',
            `bundle ${bundle.version}`,
            'differs from the one held with the same version',
          ),
        );
      }
      replace(signed, opened.value);
      return ok(true);
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
  };
}

/** gRPC clients check DNS names: a controller answers to these two. */
function dnsNamesOf(identity: Identity): string[] {
  if (identity.kind !== 'program') return [];
  const domain = trustDomain(identity.cluster, identity.mesh);
  return identity.program === 'controller' ? [`federation.${domain}`, `join.${domain}`] : [];
}
