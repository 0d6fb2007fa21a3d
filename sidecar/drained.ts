/** When a proxy that takes no new work has come to rest. */
import type { SidecarContext } from './context.ts';

/** How long nothing must be under way before a draining proxy counts as quiet: callers learn of it meanwhile. */
const QUIET_MS = 1_000;

/** Resolves when nothing has been under way for a while, or after the drain time. */
export function quiet({ clock, ticker, settings }: SidecarContext, busy: () => number): Promise<void> {
  const start = clock.monotonic();
  let busyAt = start;
  return new Promise((resolve) => {
    const off = ticker.onTick((nowMs) => {
      if (busy() > 0) busyAt = nowMs;
      if (nowMs - busyAt < QUIET_MS && nowMs - start < settings.drainMs) return;
      off();
      resolve();
    });
  });
}
