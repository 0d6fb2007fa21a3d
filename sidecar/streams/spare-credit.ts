/**
 * What peers may send on the streams of one sidecar, beyond the first window of each, before anybody here reads it: all
 * streams together. It bounds the memory that windows can take.
 */
const SPARE_BYTES = 32 * 1024 * 1024;

export class SpareCredit {
  #left = SPARE_BYTES;

  /** False: it is more than a quarter of what is left. So a few large streams that are kept leave some for the others. */
  take(bytes: number): boolean {
    if (4 * bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}
