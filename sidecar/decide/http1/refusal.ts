/** Why a message is refused: the status to answer with, the reason code, and one sentence. */
import type { ReasonCode } from '../../../mesh/model/reason.ts';

export interface Refusal {
  readonly kind: 'refused';
  /** What to answer the client with. 502 where it was the upstream that sent it. */
  readonly status: number;
  readonly code: ReasonCode;
  /** Fixed words, free of what was sent. Lower-case, no full stop. */
  readonly message: string;
}

export function malformed(message: string): Refusal {
  return { kind: 'refused', status: 400, code: 'request_malformed', message };
}

export function tooLarge(status: 414 | 431, message: string): Refusal {
  return { kind: 'refused', status, code: 'request_too_large', message };
}

/** Well-formed, but nothing this proxy does: 417, 501, 505. */
export function unsupported(status: 417 | 501 | 505, message: string): Refusal {
  return { kind: 'refused', status, code: 'request_malformed', message };
}

/** The same fault, found in what the upstream sent. */
export function asUpstream(refusal: Refusal): Refusal {
  return { kind: 'refused', status: 502, code: 'upstream_protocol', message: refusal.message };
}
