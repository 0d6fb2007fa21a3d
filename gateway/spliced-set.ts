/** The connections that are being spliced, and how they are closed when nothing else will end them. */
import type { SlotList, Slotted } from '../mesh/kit/slot-list.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Random } from '../mesh/ports/random.ts';
import type { Delayed } from './deadline-queue.ts';
import { until } from './until.ts';

export interface Spliced extends Slotted, Delayed {
  /** Between controllers: a drain need not wait for it. */
  readonly isControl: boolean;
  /** The last bytes came from the client: it probably waits for an answer. */
  awaitsAnswer: boolean;
  /** Bytes passed since the flag was last cleared. */
  moved: boolean;
  /** From now on the kernel asks both ends whether they are alive when nothing has come for `silentMs`. */
  keepAlive(silentMs: number): void;
  /** Sends FIN to both ends and lets go. */
  close(): void;
  /** Cuts both ends at once. */
  destroy(): void;
}

export interface SpreadOptions {
  /** Shrinks by itself as connections end. */
  readonly open: SlotList<Spliced>;
  readonly settings: { readonly spreadMs: number };
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the spreading where it is. */
  readonly signal: AbortSignal;
}

const SWEEP_MS = 100;

/**
 * Closes all connections of `open` over `spreadMs`, each at a moment of its own drawn at random. One that is busy then
 * (bytes within the last sweep, or a client that waits for an answer) is put off until it is quiet, at most to the end.
 * Resolves when none is left to close.
 */
export function closeSpread(options: SpreadOptions): Promise<void> {
  const { open, clock, signal, random } = options;
  const { spreadMs } = options.settings;
  const startedAt = clock.monotonic();
  const dueAt = new Map<Spliced, number>();
  for (const one of open.items()) {
    dueAt.set(one, startedAt + random.next() * spreadMs);
    // Nobody has watched it yet: it counts as busy until a sweep has seen it quiet.
    one.moved = true;
  }
  const sweep = (): boolean => {
    const now = clock.monotonic();
    const last = now - startedAt >= spreadMs;
    for (const one of open.items()) {
      if (last || ((dueAt.get(one) ?? 0) <= now && isQuiet(one))) one.close();
      one.moved = false;
    }
    return last || open.size === 0;
  };
  return until(sweep, { clock, signal, everyMs: SWEEP_MS });
}

function isQuiet(one: Spliced): boolean {
  return !one.moved && !one.awaitsAnswer;
}
