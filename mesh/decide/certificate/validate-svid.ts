/** The rules of the SPIFFE X509-SVID standard (section 5.2), and that the identity is the one this link expects. */
import { quoted } from '../../kit/quoted.ts';
import { assertNever } from '../../kit/assert-never.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { formatIdentity, parseIdentity, type Identity, type PeerExpectation } from '../../model/identity.ts';
import type { MeshName } from '../../model/names.ts';
import type { ParsedCertificate } from './parse-certificate.ts';

export type TlsRole = 'client' | 'server';

export interface SvidContext {
  readonly mesh: MeshName;
  readonly expect: PeerExpectation;
  /** The role that the certificate's holder plays on this link. */
  readonly role: TlsRole;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

const EXTENDED_KEY_USAGE: Record<TlsRole, string> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
};

export function validateSvid(certificate: ParsedCertificate, context: SvidContext): Result<Identity, Fault> {
  const broken = brokenRule(certificate, context.role);
  const subject = quoted(certificate.uris[0] ?? 'certificate', 256);
  if (broken !== undefined) return err(fault('invalid_certificate', subject, broken));
  if (context.nowMs > certificate.notAfter)
    return err(fault('certificate_expired', subject, `ended ${time(certificate.notAfter)}`));
  if (context.nowMs < certificate.notBefore) {
    return err(
      fault(
        'certificate_not_yet_valid',
        subject,
        `begins ${time(certificate.notBefore)}; compare the clocks`,
      ),
    );
  }
  const identity = parseIdentity(certificate.uris[0] ?? '');
  return identity.ok ? meetsExpectation(identity.value, context) : identity;
}

function brokenRule(certificate: ParsedCertificate, role: TlsRole): string | undefined {
  const usage = certificate.keyUsage;
  if (certificate.uris.length !== 1)
    return `has ${certificate.uris.length} URI names; an SVID has exactly one`;
  if (certificate.otherNames > 0) return 'has alternative names that are neither URI nor DNS';
  if (certificate.isCa) return 'is a certificate authority; an SVID never is';
  if (usage === undefined || !usage.critical) return 'has no critical key usage';
  if (!usage.bits.has('digitalSignature')) return 'may not make digital signatures';
  if (usage.bits.has('keyCertSign') || usage.bits.has('cRLSign'))
    return 'may sign certificates or revocation lists';
  if (!certificate.extendedKeyUsage.includes(EXTENDED_KEY_USAGE[role]))
    return `may not be used as TLS ${role}`;
  if (certificate.unknownCritical.length > 0)
    return `has an unknown critical extension ${certificate.unknownCritical[0]}`;
  return undefined;
}

function meetsExpectation(identity: Identity, { mesh, expect }: SvidContext): Result<Identity, Fault> {
  const subject = formatIdentity(identity);
  const foreign = (domain: string): Result<never, Fault> =>
    err(fault('trust_domain_mismatch', subject, `is not of trust domain ${domain}`));
  const other = (wanted: string): Result<never, Fault> =>
    err(fault('identity_mismatch', subject, `is not ${wanted}`));

  if (identity.mesh !== mesh) return foreign(`*.${mesh}`);
  if (expect.kind !== 'member' && expect.cluster !== undefined && identity.cluster !== expect.cluster) {
    return foreign(`${expect.cluster}.${mesh}`);
  }
  switch (expect.kind) {
    case 'member':
      return ok(identity);
    case 'program':
      return identity.kind === 'program' && identity.program === expect.program
        ? ok(identity)
        : other(`a ${expect.program}`);
    case 'workload': {
      const allowed = identity.kind === 'workload' && identity.namespace === expect.namespace;
      if (allowed && expect.serviceAccounts.includes(identity.serviceAccount)) return ok(identity);
      if (expect.orGateway === true && identity.kind === 'program' && identity.program === 'gateway')
        return ok(identity);
      return other(wordsOf(expect));
    }
    default:
      return assertNever(expect);
  }
}

function wordsOf({
  namespace,
  serviceAccounts,
  orGateway,
}: Extract<PeerExpectation, { kind: 'workload' }>): string {
  const account = `ns/${namespace}/sa/${serviceAccounts.join('|')}`;
  if (orGateway !== true) return account;
  return serviceAccounts.length === 0 ? 'the gateway' : `${account}, nor the gateway`;
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
