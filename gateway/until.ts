/** Waiting for a state of the world rather than for an event. */
import type { Clock } from '../mesh/ports/clock.ts';

/** Resolves when `isOver` answers true, asked at once and then every `everyMs`, or when `signal` aborts. */
export function until(
  isOver: () => boolean,
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly everyMs: number },
): Promise<void> {
  const { clock, signal, everyMs } = options;
  if (signal.aborted || isOver()) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.every(everyMs, () => {
      if (isOver()) finish();
    });
    signal.addEventListener('abort', finish);
  });
}
