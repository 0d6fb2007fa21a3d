/** TLS between members of the mesh. Here: what is checked of a peer beyond what OpenSSL has verified. */
import type { X509Certificate } from 'node:crypto';
import { parseCertificate } from '../../decide/certificate/parse-certificate.ts';
import { validateSvid, type TlsRole } from '../../decide/certificate/validate-svid.ts';
import { err, type Result } from '../../kit/result.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity, PeerExpectation } from '../../model/identity.ts';
import { fingerprint } from '../trust/signed-bundle.ts';

export interface PeerCheck {
  readonly bundle: TrustBundle;
  readonly expect: PeerExpectation;
  /** The role that the peer plays. */
  readonly role: TlsRole;
  readonly nowMs: number;
}

/** Leaf and intermediate as DER. `issuer` is absent when the peer sent its leaf alone: that is refused. */
export function verifyPeer(
  leaf: Uint8Array | undefined,
  issuer: Uint8Array | undefined,
  check: PeerCheck,
): Result<Identity, Fault> {
  if (leaf === undefined || issuer === undefined)
    return err(fault('invalid_certificate', 'peer', 'sent no certificate, or not its whole chain'));
  const print = fingerprint(issuer);
  const evicted = check.bundle.evicted.find((member) => member.fingerprint === print);
  if (evicted !== undefined)
    return err(fault('cluster_evicted', evicted.cluster, `was withdrawn from mesh ${check.bundle.mesh}`));
  const parsed = parseCertificate(leaf);
  return parsed.ok ? validateSvid(parsed.value, { ...check, mesh: check.bundle.mesh }) : parsed;
}

/** The chain that a TLS socket got from its peer. */
export function peerChain(
  certificate: X509Certificate | undefined,
): [leaf: Buffer | undefined, issuer: Buffer | undefined] {
  return [certificate?.raw, certificate?.issuerCertificate?.raw];
}
