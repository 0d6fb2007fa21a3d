/** A fault as the status of a call, and back: its code travels as metadata, its words as details. */
import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { fault, formatFault, type Fault } from '../../model/fault.ts';
import { REASONS, type ReasonCode } from '../../model/reason.ts';

const REASON = 'isthmus-reason';
const MAX_DETAILS = 500;

export function faultStatus(refusal: Fault): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata();
  metadata.set(REASON, refusal.code);
  return { code: status.FAILED_PRECONDITION, details: formatFault(refusal).slice(0, MAX_DETAILS), metadata };
}

/** What the other side refused with; `unavailable` when it was no refusal but a broken call. */
export function statusFault(error: ServiceError, subject: string): Fault {
  const code = error.metadata?.get(REASON)[0]?.toString() ?? '';
  const message = (error.details || error.message).slice(0, MAX_DETAILS);
  return { ...fault(isReason(code) ? code : 'unavailable', subject, message), cause: error };
}

function isReason(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}
