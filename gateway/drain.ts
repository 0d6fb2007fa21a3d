/** Taking a gateway out of service without losing a request. */
import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Random } from '../mesh/ports/random.ts';
import type { Listener } from './listener.ts';
import type { ServeContext } from './serve-connection.ts';
import type { DrainSettings } from './settings.ts';
import { until } from './until.ts';
import { closeSpread } from './spliced-set.ts';

export interface DrainOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: DrainSettings;
  readonly context: Pick<ServeContext, 'spliced' | 'halfOpen' | 'instruments'>;
  readonly listener: Listener;
  readonly stopAdvertising: () => void;
  /** Ends the drain where it is. */
  readonly signal: AbortSignal;
}

const LOOK_MS = 50;

/**
 * Peers hear that this gateway is gone, send new connections elsewhere and close their idle ones; connections that
 * are in use end when their request does. Streams between controllers would never end: they are closed first, and make
 * themselves anew through another gateway. What is still open at the deadline is closed, spread over time.
 */
export async function drainGateway(options: DrainOptions): Promise<void> {
  const { clock, settings, log, context } = options;
  const open = context.spliced;
  const deadline = clock.monotonic() + settings.deadlineMs;
  log.info('drain started', { open: open.size });
  context.instruments.draining.set(1);
  options.stopAdvertising();
  const accepting = clock.monotonic() + settings.acceptMs;
  await until(() => clock.monotonic() >= accepting, { ...options, everyMs: LOOK_MS });
  await options.listener.close();
  for (const one of open.items()) if (one.isControl) one.close();
  const isOver = (): boolean => open.size + context.halfOpen.size() === 0 || clock.monotonic() >= deadline;
  await until(isOver, { ...options, everyMs: LOOK_MS });
  log.info('drain deadline passed or nothing left', { open: open.size });
  await closeSpread({ ...options, open });
  log.info('drain ended', {});
}
