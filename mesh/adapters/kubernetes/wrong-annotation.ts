/** What is said of an annotation that cannot be used. */
import { quoted } from '../../kit/quoted.ts';
import { err, type Result } from '../../kit/result.ts';

export interface WrongAnnotation {
  /** Its name. */
  readonly field: string;
  readonly message: string;
}

export function wrong(field: string, message: string): Result<never, WrongAnnotation> {
  return err({ field, message });
}

/** For a message, of a bounded length. */
export function shown(value: unknown): string {
  return quoted(typeof value === 'string' ? value : JSON.stringify(value), 80);
}
