/** A refusal or failure as a value: what it is about, what is wrong, what to do. Codes are explained in reason.ts. */
import type { ReasonCode } from './reason.ts';

export interface Fault {
  readonly code: ReasonCode;
  /** The thing it is about: a cluster, service, file, address. */
  readonly subject: string;
  /** Dotted path of the field at fault, when there is one: `spec.threshold`. */
  readonly field?: string;
  /** One sentence an operator can act on; lower-case, no full stop. */
  readonly message: string;
  readonly cause?: unknown;
}

export function fault(code: ReasonCode, subject: string, message: string): Fault {
  return { code, subject, message };
}

/** `subject: field: message`, the one way a fault is printed. */
export function formatFault(f: Fault): string {
  return [f.subject, f.field, f.message].filter((part) => part !== undefined && part !== '').join(': ');
}
