/** What an authority is read from, and whether it is whole: keys that fit their certificates, a bundle that a root signed. */
import { X509Certificate } from 'node:crypto';
import { fromHex } from '../../kit/hex.ts';
import { ok, type Result } from '../../kit/result.ts';
import type { SignedBundle } from '../../model/bundle.ts';
import type { Fault } from '../../model/fault.ts';
import type { ClusterName, MeshName } from '../../model/names.ts';
import type { KeyName, KeyStore } from '../../ports/key-store.ts';
import { intermediateName, privateKeyFromPem, rootName, type Issuer } from '../x509/issue.ts';
import { openBundle, readPayload } from './signed-bundle.ts';

export interface Member {
  readonly cluster: ClusterName;
  /** Of its key, as in the bundle. */
  readonly fingerprint: string;
  /** PEM */
  readonly certificate: string;
}

export interface AuthorityState {
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

type Texts = Partial<Record<KeyName, string>>;

export function readAll(store: KeyStore): Result<Texts, Fault> {
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

/** Undefined, or an exception of the parsers, where something is missing or damaged. */
export function readState(store: KeyStore, text: Texts, now: () => number): AuthorityState | undefined {
  const [intermediate, key, root] = [text['intermediate.crt'], text['intermediate.key'], text['root.crt']];
  const bundle = parseSigned(text['bundle.json']);
  const [routeKey, enrolmentKey] = [fromHex(text['route.key'] ?? ''), fromHex(text['enrolment.key'] ?? '')];
  if (!intermediate || !key || !root || !bundle || !routeKey?.length || !enrolmentKey?.length) return;
  const names = INTERMEDIATE_SUBJECT.exec(new X509Certificate(intermediate).subject);
  if (!names || !isWhole(bundle, { root, intermediate })) return;
  const [cluster, mesh] = [names[1] as ClusterName, names[2] as MeshName];
  const issuer = readIssuer(intermediate, key, intermediateName(cluster, mesh));
  const rootKey = text['root.key'];
  const rootIssuer = rootKey === undefined ? undefined : readIssuer(root, rootKey, rootName(mesh));
  if (!issuer || (rootKey !== undefined && !rootIssuer)) return;
  return {
    ...{ store, now, mesh, cluster, routeKey, enrolmentKey, bundle, intermediate, issuer, root: rootIssuer },
    members: JSON.parse(text['members.json'] ?? '[]') as Member[],
  };
}

/** Undefined when the key is another certificate's. */
function readIssuer(certificate: string, key: string, commonName: string): Issuer | undefined {
  const { privateKey, publicKey } = privateKeyFromPem(key);
  const fits = new X509Certificate(certificate).publicKey.equals(publicKey);
  return fits ? { certificate, privateKey, commonName } : undefined;
}

/**
 * A bundle may have been signed by the root of the first day or by one that it names itself; the intermediate was signed
 * by one that it names.
 */
function isWhole(signed: SignedBundle, held: { root: string; intermediate: string }): boolean {
  const bundle = readPayload(signed.payload);
  if (bundle === undefined) return false;
  const intermediate = new X509Certificate(held.intermediate);
  const isTrusted = bundle.roots.some((root) => intermediate.verify(new X509Certificate(root).publicKey));
  return isTrusted && openBundle(signed, { mesh: bundle.mesh, roots: [held.root, ...bundle.roots] }).ok;
}

const INTERMEDIATE_SUBJECT = /isthmus intermediate of ([a-z0-9-]+)\.([a-z0-9-]+)$/;
