/** Where a cluster keeps its keys and certificates: files of one owner, or Secrets. Texts are small; all is read at start. */
import type { Result } from '../kit/result.ts';
import type { Fault } from '../model/fault.ts';

export const KEY_NAMES = [
  'root.key', // founder only
  'root.crt',
  'intermediate.key',
  'intermediate.crt',
  'bundle.json', // a SignedBundle
  'route.key', // 64 hex digits
  'enrolment.key', // 64 hex digits
  'members.json', // founder only: which intermediate was issued to whom
  'join-tokens.json', // founder only: hashes of tokens
] as const;
export type KeyName = (typeof KEY_NAMES)[number];

export interface KeyStore {
  /** The text, or undefined when there is none. A text that others may read is a fault. */
  read(name: KeyName): Result<string | undefined, Fault>;
  /** Whole or not at all; `read` answers it at once. Kept over a crash when `flush` has resolved. */
  write(name: KeyName, text: string): void;
  remove(name: KeyName): void;
  /** Resolves when all that was written is kept. A fault: it is not yet; the store goes on trying. */
  flush(): Promise<Result<void, Fault>>;
}
