/** What went wrong in a TLS handshake, below our own checks, as a fault with a stable code. */
import { fault, type Fault } from '../../model/fault.ts';
import type { ReasonCode } from '../../model/reason.ts';

/** OpenSSL's and Node's words for the causes an operator treats differently. */
const CODES: ReadonlyMap<string, ReasonCode> = new Map([
  ['CERT_HAS_EXPIRED', 'certificate_expired'],
  ['CERT_NOT_YET_VALID', 'certificate_not_yet_valid'],
  ['ETIMEDOUT', 'connect_timeout'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'connect_timeout'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'protocol_mismatch'],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'protocol_mismatch'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'protocol_mismatch'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'protocol_mismatch'],
  ['ERR_SSL_HTTP_REQUEST', 'hello_malformed'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'hello_malformed'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'hello_malformed'],
]);

const ERRNO = /^(E[A-Z]+|)$/;

/** Node has no word for a violated name constraint: the authority of a cluster has spoken for another one. */
const FOREIGN_NAME = /subtree violation/;

export function tlsFault(error: Error, subject: string): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const text = error.message.replace(/\s+/g, ' ').trim().slice(0, 200);
  const reason = FOREIGN_NAME.test(text) ? 'trust_domain_mismatch' : codeOf(code);
  return { ...fault(reason, subject, `${text} (${code})`), cause: error };
}

/**
 * OpenSSL refuses a chain whose leaf is good: `reason` is what Node says in `authorizationError`. Where that is no more
 * than UNSPECIFIED, what is left is a name that the intermediate may not give.
 */
export function chainFault(reason: unknown, subject: string): Fault {
  const code = typeof reason === 'string' ? reason : 'no certificate';
  if (code === 'UNSPECIFIED')
    return fault('trust_domain_mismatch', subject, 'was issued by the authority of another cluster');
  return fault(codeOf(code), subject, `its certificate chain is refused (${code})`);
}

function codeOf(code: string): ReasonCode {
  const known = CODES.get(code);
  if (known !== undefined) return known;
  if (ERRNO.test(code)) return 'connect_failed';
  const aboutCertificate = !code.startsWith('ERR_') || code.includes('CERT') || code.includes('UNKNOWN_CA');
  return aboutCertificate ? 'invalid_certificate' : 'connect_failed';
}
