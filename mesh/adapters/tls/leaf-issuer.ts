/**
 * Which member's authority signed a leaf. OpenSSL has verified some chain from it to a root, but shows a server no more
 * than the leaf; and an authority that a member makes below its own, under the same name, counts for no path length and no
 * name constraints (RFC 5280, 6.1.4), has any key identifier it likes, and is in no list of evicted ones. So a leaf carries
 * its issuer's certificate, and that one is verified here: signed by a root itself, and its key signed the leaf.
 */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { toHex } from '../../kit/hex.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { keyId } from '../x509/issue.ts';

interface Intermediate {
  readonly publicKey: KeyObject;
  /** As in `TrustBundle.evicted`. */
  readonly fingerprint: string;
}

/** Fingerprint of the intermediate that signed `leaf`; undefined unless a root of the bundle signed that one. */
export function leafIssuer(
  leaf: X509Certificate,
  carried: Uint8Array | undefined,
  bundle: TrustBundle,
): string | undefined {
  const intermediate = carried && intermediateOf(carried, bundle);
  return intermediate && leaf.verify(intermediate.publicKey) ? intermediate.fingerprint : undefined;
}

/** Only those that a root signed are kept: as many as the mesh has members. */
const verified = new WeakMap<TrustBundle, Map<string, Intermediate>>();

function intermediateOf(der: Uint8Array, bundle: TrustBundle): Intermediate | undefined {
  const known = verified.get(bundle) ?? new Map<string, Intermediate>();
  verified.set(bundle, known);
  const key = toHex(der);
  const held = known.get(key) ?? verify(der, bundle);
  if (held !== undefined) known.set(key, held);
  return held;
}

function verify(der: Uint8Array, { roots }: TrustBundle): Intermediate | undefined {
  try {
    const certificate = new X509Certificate(der);
    const { publicKey } = certificate;
    const signed = roots.some((root) => certificate.verify(new X509Certificate(root).publicKey));
    return signed && certificate.ca ? { publicKey, fingerprint: toHex(keyId(publicKey)) } : undefined;
  } catch {
    return undefined;
  }
}
