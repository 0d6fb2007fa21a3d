/** What a program remembers over restarts, as small named texts: files of a folder, objects of an API server, or a map. */
import type { Result } from '../kit/result.ts';
import type { Fault } from '../model/fault.ts';

export interface StateStore {
  /** Names in order. */
  list(): readonly string[];
  read(name: string): string | undefined;
  /**
   * Whole or not at all; `read` answers it at once. Kept over a crash when `flush` has resolved. `name`: a-z, 0-9 and -,
   * at most 100 characters.
   */
  write(name: string, text: string): void;
  remove(name: string): void;
  /** Resolves when all that was written is kept. A fault: it is not yet; the store goes on trying. */
  flush(): Promise<Result<void, Fault>>;
}
