/**
 * A cluster's certificate authority: issues the leaves of its workloads from its intermediate, and holds the bundle.
 * The founder's also holds the root: it issues intermediates to members and withdraws them.
 */
import { randomBytes, X509Certificate, type KeyObject } from 'node:crypto';
import { fromHex, toHex } from '../../kit/hex.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { SignedBundle, TrustBundle } from '../../model/bundle.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity } from '../../model/identity.ts';
import { trustDomain, type ClusterName, type MeshName } from '../../model/names.ts';
import type { KeyName, KeyStore } from '../../ports/key-store.ts';
import {
  createRoot,
  generateKeyPair,
  intermediateName,
  issueIntermediate,
  issueLeaf,
  keyId,
  privateKeyFromPem,
  privateKeyToPem,
  type Issuer,
} from '../x509/issue.ts';
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
  /** Founder: an intermediate for a new member; a name in use is refused unless it asks with the same key again. */
  admit(cluster: ClusterName, publicKey: KeyObject): Result<string, Fault>;
  /** Founder: withdraws a member's intermediates; the new bundle says so to all. */
  evict(cluster: ClusterName): Result<SignedBundle, Fault>;
  /** Called after the bundle changed; returns the way to stop. */
  subscribe(changed: () => void): () => void;
}

interface Member {
  readonly cluster: ClusterName;
  /** Of its key, as in the bundle. */
  readonly fingerprint: string;
  /** PEM */
  readonly certificate: string;
}

export interface NewMesh {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly nowMs: number;
}

/** Makes a mesh: root, first bundle, and this cluster's own keys. Refuses a store that holds an authority. */
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

export function openAuthority(store: KeyStore, now: () => number): Result<Authority, Fault> {
  const texts = readAll(store);
  if (!texts.ok) return texts;
  const state = readState(store, texts.value, now);
  if (state !== undefined) return ok(createAuthority(state));
  return err(
    fault(
      'bundle_missing',
      'trust',
      'the keys, certificates or bundle of this cluster are missing or damaged; restore them or join again',
    ),
  );
}

function readState(store: KeyStore, text: Texts, now: () => number): AuthorityState | undefined {
  const [intermediate, key, root] = [text['intermediate.crt'], text['intermediate.key'], text['root.crt']];
  const bundle = parseSigned(text['bundle.json']);
  const [routeKey, enrolmentKey] = [fromHex(text['route.key'] ?? ''), fromHex(text['enrolment.key'] ?? '')];
  if (
    !intermediate ||
    !key ||
    !root ||
    !bundle ||
    !readPayload(bundle.payload) ||
    !routeKey?.length ||
    !enrolmentKey?.length
  )
    return;
  const names = INTERMEDIATE_SUBJECT.exec(new X509Certificate(intermediate).subject);
  if (!names) return;
  const [cluster, mesh] = [names[1] as ClusterName, names[2] as MeshName];
  const issuerOf = (certificate: string, pem: string, commonName: string): Issuer => ({
    ...{ certificate, commonName, privateKey: privateKeyFromPem(pem).privateKey },
  });
  return {
    ...{ store, now, mesh, cluster, routeKey, enrolmentKey, bundle, intermediate },
    issuer: issuerOf(intermediate, key, intermediateName(cluster, mesh)),
    root:
      text['root.key'] === undefined
        ? undefined
        : issuerOf(root, text['root.key'], `isthmus root of ${mesh}`),
    members: JSON.parse(text['members.json'] ?? '[]') as Member[],
  };
}

const INTERMEDIATE_SUBJECT = /isthmus intermediate of ([a-z0-9-]+)\.([a-z0-9-]+)/;

interface AuthorityState {
  readonly store: KeyStore;
  readonly now: () => number;
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly routeKey: Uint8Array;
  readonly enrolmentKey: Uint8Array;
  readonly intermediate: string;
  readonly issuer: Issuer;
  readonly root: Issuer | undefined;
  bundle: SignedBundle;
  members: readonly Member[];
}

function createAuthority(state: AuthorityState): Authority {
  const { mesh, cluster } = state;
  const held = holdBundle(state);
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
    admit: (name, publicKey) =>
      admit(state, { name, publicKey, evicted: held.bundle().evicted.map((member) => member.fingerprint) }),
    evict(name) {
      const evicted = withdraw(state, name, held.bundle());
      if (!evicted.ok || state.root === undefined) return evicted.ok ? notFounder(name) : evicted;
      const signed = signBundle(evicted.value, state.root.privateKey);
      held.replace(signed, evicted.value);
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

function notFounder(cluster: string): Result<never, Fault> {
  return err(fault('not_founder', cluster, 'the root key is not here; ask the founder of the mesh'));
}

function admit(
  state: AuthorityState,
  request: { name: ClusterName; publicKey: KeyObject; evicted: readonly string[] },
): Result<string, Fault> {
  const { name, publicKey, evicted } = request;
  if (state.root === undefined) return notFounder(name);
  const holder = state.members.find(
    (member) => member.cluster === name && !evicted.includes(member.fingerprint),
  );
  if (holder !== undefined) {
    if (new X509Certificate(holder.certificate).publicKey.equals(publicKey)) return ok(holder.certificate);
    return err(
      fault(
        'cluster_name_taken',
        name,
        `is a member of mesh ${state.mesh} already; evict it first or choose another name`,
      ),
    );
  }
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

function withdraw(state: AuthorityState, name: ClusterName, bundle: TrustBundle): Result<TrustBundle, Fault> {
  if (state.root === undefined) return notFounder(name);
  if (name === state.cluster) return err(fault('config_invalid', name, 'the founder cannot evict itself'));
  const known = new Set(bundle.evicted.map((member) => member.fingerprint));
  const held = state.members.filter((member) => member.cluster === name && !known.has(member.fingerprint));
  if (held.length === 0) return err(fault('not_found', name, `is no member of mesh ${state.mesh}`));
  const evicted = [
    ...bundle.evicted,
    ...held.map((member) => ({ cluster: name, fingerprint: member.fingerprint })),
  ];
  return ok({ ...bundle, version: bundle.version + 1, evicted });
}

function memberOf(cluster: ClusterName, certificate: string): Member {
  return { cluster, certificate, fingerprint: toHex(keyId(new X509Certificate(certificate).publicKey)) };
}

/** gRPC clients check DNS names: a controller answers to these two. */
function dnsNamesOf(identity: Identity): string[] {
  if (identity.kind !== 'program') return [];
  const domain = trustDomain(identity.cluster, identity.mesh);
  return identity.program === 'controller' ? [`federation.${domain}`, `join.${domain}`] : [];
}

type Texts = Partial<Record<KeyName, string>>;

function readAll(store: KeyStore): Result<Texts, Fault> {
  const texts: Texts = {};
  const names: readonly KeyName[] = [
    'root.key',
    'root.crt',
    'intermediate.key',
    'intermediate.crt',
    'bundle.json',
    'route.key',
    'enrolment.key',
    'members.json',
  ];
  for (const name of names) {
    const read = store.read(name);
    if (!read.ok) return read;
    if (read.value !== undefined) texts[name] = read.value;
  }
  return ok(texts);
}

function parseSigned(text: string | undefined): SignedBundle | undefined {
  try {
    const { payload, signature } = JSON.parse(text ?? '') as Partial<SignedBundle>;
    return typeof payload === 'string' && typeof signature === 'string' ? { payload, signature } : undefined;
  } catch {
    return undefined;
  }
}
