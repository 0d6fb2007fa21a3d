/** The fatal TLS alert that tells a client why it is refused (RFC 8446 6.2), sent in clear before any handshake. */
import type { ReasonCode } from '../mesh/model/reason.ts';

const DECODE_ERROR = 50;
const INTERNAL_ERROR = 80;
const UNRECOGNIZED_NAME = 112;

const ALERTS: Partial<Record<ReasonCode, number>> = {
  hello_malformed: DECODE_ERROR,
  hello_too_large: DECODE_ERROR,
  sni_absent: UNRECOGNIZED_NAME,
  sni_invalid: UNRECOGNIZED_NAME,
  route_unknown: UNRECOGNIZED_NAME,
  no_endpoint: INTERNAL_ERROR,
  connect_failed: INTERNAL_ERROR,
  connect_timeout: INTERNAL_ERROR,
  unavailable: INTERNAL_ERROR,
};

/** One TLS record, or undefined where the connection is dropped without a word: floods, silence, overload. */
export function alertFor(reason: ReasonCode): Buffer | undefined {
  const description = ALERTS[reason];
  return description === undefined ? undefined : Buffer.from([21, 3, 3, 0, 2, 2, description]);
}
