/** Taking a gateway out of service without losing a request. */
import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Random } from '../mesh/ports/random.ts';
import type { Listener } from './listener.ts';
import type { DrainSettings } from './settings.ts';
import { closeSpread, type Spliced } from './spliced-set.ts';

export interface DrainOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: DrainSettings;
  readonly open: ReadonlySet<Spliced>;
  /** Connections accepted and not yet spliced. */
  readonly pending: () => number;
  readonly listener: Listener;
  readonly stopAdvertising: () => void;
  /** Ends the drain where it is. */
  readonly signal: AbortSignal;
}

const LOOK_MS = 50;

/**
 * Peers hear that this gateway is gone, send new connections elsewhere and close their idle ones; connections that
 * are in use end when their request does. What is still open at the deadline is closed, spread over time.
 */
export async function drainGateway(options: DrainOptions): Promise<void> {
  const { clock, settings, log, open } = options;
  const deadline = clock.monotonic() + settings.deadlineMs;
  log.info('drain started', { open: open.size });
  options.stopAdvertising();
  await until(() => false, clock.monotonic() + settings.acceptMs, options);
  options.listener.close();
  await until(() => open.size + options.pending() === 0, deadline, options);
  log.info('drain deadline passed or nothing left', { open: open.size });
  await closeSpread(options);
  log.info('drain ended', {});
}

/** Resolves when `done` or when the monotonic clock passes `deadline`, whichever is first. */
function until(
  done: () => boolean,
  deadline: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const over = (): boolean => done() || signal.aborted || clock.monotonic() >= deadline;
  if (over()) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = clock.every(LOOK_MS, () => {
      if (!over()) return;
      cancel();
      resolve();
    });
  });
}
