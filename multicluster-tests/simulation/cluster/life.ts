/** The life of one process: when it is killed, nothing it has begun goes on; no timer runs, no write reaches the disk. */
import type { Clock } from '../../../mesh/ports/clock.ts';
import type { StateStore } from '../../../mesh/ports/state-store.ts';

export interface Life {
  readonly clock: Clock;
  readonly state: StateStore;
  isAlive(): boolean;
  /** Timers that are set. */
  timers(): number;
  kill(): void;
}

export interface LifeOptions {
  readonly clock: Clock;
  /** How far its wall clock is ahead. */
  readonly skewMs: number;
  readonly disk: StateStore;
  /** Called before a write reaches the disk: it may kill. */
  beforeWrite(): void;
}

export function beginLife({ clock, skewMs, disk, beforeWrite }: LifeOptions): Life {
  const cancels = new Set<() => void>();
  const born = clock.monotonic();
  let alive = true;
  const keep = (cancel: () => void): (() => void) => {
    const once = (): void => {
      cancels.delete(once);
      cancel();
    };
    cancels.add(once);
    return once;
  };
  return {
    clock: {
      now: () => clock.now() + skewMs,
      // A steady clock starts with its process.
      monotonic: () => clock.monotonic() - born,
      after(delayMs, run) {
        if (!alive) return () => undefined;
        const once = keep(
          clock.after(delayMs, () => {
            cancels.delete(once);
            run();
          }),
        );
        return once;
      },
      every: (periodMs, run) => (alive ? keep(clock.every(periodMs, run)) : () => undefined),
    },
    state: {
      list: disk.list,
      read: disk.read,
      write(name, text) {
        if (alive) beforeWrite();
        if (alive) disk.write(name, text);
      },
      remove(name) {
        if (alive) disk.remove(name);
      },
      flush: disk.flush,
    },
    isAlive: () => alive,
    timers: () => cancels.size,
    kill() {
      alive = false;
      for (const cancel of [...cancels]) cancel();
    },
  };
}
