/** What a program remembers over restarts, as small named texts: files of a folder, or a map in tests. */
export interface StateStore {
  /** Names in order. */
  list(): readonly string[];
  read(name: string): string | undefined;
  /** Whole or not at all, and kept when it returns. `name`: a-z, 0-9 and -, at most 100 characters. */
  write(name: string, text: string): void;
  remove(name: string): void;
}
