/** Makes and checks trust bundles as they travel: the exact bytes that were signed, and a signature of a root key. */
import { quoted } from '../../kit/quoted.ts';
import { createHash, sign, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { err, ok, type Result } from '../../kit/result.ts';
import type { EvictedMember, SignedBundle, TrustBundle } from '../../model/bundle.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isDnsLabel } from '../../model/names.ts';

const MAX_PAYLOAD = 256 * 1024;

export function signBundle(bundle: TrustBundle, rootKey: KeyObject): SignedBundle {
  const payload = JSON.stringify(bundle);
  return { payload, signature: sign('sha256', Buffer.from(payload), rootKey).toString('base64') };
}

/** The bundle, if one of `roots` (PEM) signed it and it is of this mesh. */
export function openBundle(
  signed: SignedBundle,
  expected: { mesh: string; roots: readonly string[] },
): Result<TrustBundle, Fault> {
  const bad = (what: string): Result<never, Fault> =>
    err(fault('bundle_invalid', `trust bundle of ${expected.mesh}`, what));
  if (signed.payload.length > MAX_PAYLOAD) return bad('is over 256 KiB');
  const bundle = readPayload(signed.payload);
  if (bundle === undefined) return bad('is not a bundle');
  if (bundle.mesh !== expected.mesh) return bad(`is of mesh ${quoted(bundle.mesh)}`);
  const signature = Buffer.from(signed.signature, 'base64');
  const genuine = expected.roots.some((root) => {
    return verify('sha256', Buffer.from(signed.payload), new X509Certificate(root).publicKey, signature);
  });
  return genuine ? ok(bundle) : bad('is not signed by a root that is trusted here');
}

/** Lower-case hex SHA-256 of a certificate's DER. */
export function fingerprint(certificate: Uint8Array): string {
  return createHash('sha256').update(certificate).digest('hex');
}

/** Shape only: the signature is what makes it trustworthy. */
export function readPayload(payload: string): TrustBundle | undefined {
  try {
    const { mesh, version, roots, evicted } = JSON.parse(payload) as Partial<TrustBundle>;
    if (typeof mesh !== 'string' || !Number.isSafeInteger(version)) return undefined;
    if (!Array.isArray(roots) || roots.length === 0 || !roots.every(isCertificate)) return undefined;
    if (!Array.isArray(evicted) || !evicted.every(isEvicted)) return undefined;
    return { mesh, version: Number(version), roots, evicted };
  } catch {
    return undefined;
  }
}

function isCertificate(pem: unknown): boolean {
  return typeof pem === 'string' && new X509Certificate(pem).ca;
}

function isEvicted(entry: unknown): entry is EvictedMember {
  const { cluster, fingerprint: print } = (entry ?? {}) as Partial<EvictedMember>;
  return (
    typeof cluster === 'string' &&
    isDnsLabel(cluster) &&
    typeof print === 'string' &&
    /^[0-9a-f]{64}$/.test(print)
  );
}
