/** When to dial a peer again: full jitter under a ceiling that doubles, so that a mesh that heals does not stampede. */
const FIRST_MS = 500;
/** After the loss of a link that worked, the first try comes quickly. */
const FIRST_AFTER_LOSS_MS = 200;
const CEILING_MS = 30_000;
const FLOOR_MS = 20;

/** `failures`: tries that failed since the last link; `jitter` in [0, 1). */
export function reconnectDelay(failures: number, wasUp: boolean, jitter: number): number {
  const first = wasUp ? FIRST_AFTER_LOSS_MS : FIRST_MS;
  const ceiling = Math.min(CEILING_MS, first * 2 ** Math.min(failures, 20));
  return FLOOR_MS + jitter * (ceiling - FLOOR_MS);
}
