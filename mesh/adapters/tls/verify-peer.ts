/** TLS between members of the mesh. Here: what is checked of a peer beyond what OpenSSL has verified. */
import type { X509Certificate } from 'node:crypto';
import { parseCertificate, type ParsedCertificate } from '../../decide/certificate/parse-certificate.ts';
import { validateSvid, type TlsRole } from '../../decide/certificate/validate-svid.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity, PeerExpectation } from '../../model/identity.ts';
import { leafIssuer } from './leaf-issuer.ts';

export interface PeerCheck {
  readonly bundle: TrustBundle;
  readonly expect: PeerExpectation;
  /** The role that the peer plays. */
  readonly role: TlsRole;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

export interface VerifiedPeer {
  readonly identity: Identity;
  /** Fingerprint of the key that signed its certificate, as in `TrustBundle.evicted`. */
  readonly issuer: string;
}

/** Checks the leaf of a peer whose chain OpenSSL has verified up to a root of the bundle: call it for no other. */
export function verifyPeer(leaf: X509Certificate | undefined, check: PeerCheck): Result<VerifiedPeer, Fault> {
  const { bundle } = check;
  if (bundle.roots.length === 0)
    return err(fault('bundle_missing', `mesh ${bundle.mesh}`, 'its trust bundle holds no root'));
  if (leaf === undefined) return err(fault('invalid_certificate', 'peer', 'sent no certificate'));
  const parsed = parseCertificate(leaf.raw);
  if (!parsed.ok) return parsed;
  return judgePeer(parsed.value, leafIssuer(leaf, parsed.value.issuerCertificate, bundle), check);
}

/** The same for a leaf that is parsed already; `issuer`: the fingerprint of the member's authority that signed it. */
export function judgePeer(
  leaf: ParsedCertificate,
  issuer: string | undefined,
  check: PeerCheck,
): Result<VerifiedPeer, Fault> {
  const { bundle } = check;
  if (issuer === undefined)
    return err(
      fault('invalid_certificate', 'peer', 'its certificate was not signed by the authority of a member'),
    );
  const evicted = bundle.evicted.find((member) => member.fingerprint === issuer);
  if (evicted !== undefined)
    return err(fault('cluster_evicted', evicted.cluster, `was withdrawn from mesh ${bundle.mesh}`));
  const identity = validateSvid(leaf, { ...check, mesh: bundle.mesh });
  return identity.ok ? ok({ identity: identity.value, issuer }) : identity;
}
