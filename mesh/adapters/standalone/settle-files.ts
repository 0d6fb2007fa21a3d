import type { Clock } from '../../ports/clock.ts';
import type { FileLook } from './manifest-files.ts';

export interface SettleOptions {
  readonly clock: Clock;
  readonly look: (name: string) => Promise<FileLook | undefined>;
  /** The stamp that the content in force was read at; undefined for a file that is not held. */
  readonly held: (name: string) => string | undefined;
  /** Called with files that changed and rest now. */
  readonly settled: (names: readonly string[]) => Promise<void>;
}

export interface SettleFiles {
  /** This file may have changed. */
  touch(name: string): void;
  /** Awaits what is under way. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 10;
/** A file is read when it was the same for this many looks. */
const STEADY_LOOKS = 2;
/** One that is gone or empty may be in the middle of being replaced. */
const STEADY_LOOKS_WHEN_GONE = 4;
/** One that never rests is read all the same. */
const MOST_LOOKS = 50;

interface Watched {
  last: string | undefined;
  steady: number;
  looks: number;
}

/** Takes one more look into account. */
function isAtRest(file: Watched, seen: FileLook | undefined): boolean {
  file.looks += 1;
  file.steady = file.looks > 1 && file.last === seen?.stamp ? file.steady + 1 : 1;
  file.last = seen?.stamp;
  const wanted = seen === undefined || seen.empty ? STEADY_LOOKS_WHEN_GONE : STEADY_LOOKS;
  return file.steady >= wanted || file.looks >= MOST_LOOKS;
}

/** Lets files come to rest, so that what an editor is still writing is not read half. */
export function settleFiles({ clock, look, held, settled }: SettleOptions): SettleFiles {
  const watched = new Map<string, Watched>();
  let cancel: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const lookAtAll = async (): Promise<void> => {
    const rested: string[] = [];
    for (const [name, file] of watched) {
      if (!isAtRest(file, await look(name))) continue;
      watched.delete(name);
      if (file.last !== held(name)) rested.push(name);
    }
    if (rested.length > 0 && !stopped) await settled(rested);
  };
  const schedule = (): void => {
    if (stopped || cancel !== undefined || running !== undefined || watched.size === 0) return;
    cancel = clock.after(LOOK_EVERY_MS, () => {
      cancel = undefined;
      running = lookAtAll().finally(() => {
        running = undefined;
        schedule();
      });
    });
  };
  return {
    touch(name) {
      if (!watched.has(name)) watched.set(name, { last: undefined, steady: 0, looks: 0 });
      schedule();
    },
    async stop() {
      stopped = true;
      cancel?.();
      await running;
    },
  };
}
