/** Chance as a port. */
export interface Random {
  /** In [0, 1): jitter, two choices. Not for secrets. */
  next(): number;
  /** Cryptographically strong bytes. */
  bytes(count: number): Uint8Array;
}
