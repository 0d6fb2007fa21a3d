/**
 * Gives the machine memory that a program of the mesh no longer needs, which nobody else does for it. glibc keeps what
 * was freed: a quarter of what a sidecar has of its own is what the compilers of V8 needed once. And for each page of the
 * program that is read once, the kernel maps sixteen, most of them for the start or its first load alone. Measured in
 * docs/decisions/0005.
 *
 * Called through koffi. Where there is no such call (musl, macOS) a program works as well, and weighs more.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.ts';
import { fileMappings } from './file-mappings.ts';

/** By then all code that a program at rest needs has run, and is in the compile cache. */
const STARTED_AFTER_MS = 10_000;
/**
 * A trim takes 1 or 2 ms of a sidecar under load, and 13 ms of a program with 200 MB of which half was freed in pieces; to
 * give back pages of the program takes 1 to 7 ms. A program that starts long before it has any load reads much once then, too.
 */
const GIVE_BACK_EVERY_MS = 15_000;

export interface Memory {
  /** Gives back what was freed. */
  trim(): void;
  /** Gives back the pages of a file, such as a program; those that are needed are mapped again. */
  release(file: string): Promise<void>;
}

/** From now until the program ends. */
export function giveMemoryBack(clock: Clock, open: () => Promise<Memory> = openMemory): void {
  clock.after(STARTED_AFTER_MS, () => {
    // A program that cannot is none the worse for it.
    keepLight(clock, open).catch(() => undefined);
  });
}

async function keepLight(clock: Clock, open: () => Promise<Memory>): Promise<void> {
  const memory = await open();
  const giveBack = (): void => {
    memory.trim();
    memory.release(process.execPath).catch(() => undefined);
  };
  clock.every(GIVE_BACK_EVERY_MS, giveBack);
  giveBack();
}

/** Of asm-generic/mman-common.h. */
const MADV_DONTNEED = 4;

/** Rejects where the C library has no such calls. */
export async function openMemory(): Promise<Memory> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  const mallocTrim = library.func('int malloc_trim(size_t)') as (pad: number) => number;
  const madvise = library.func('int madvise(uintptr_t, size_t, int)') as (
    ...call: readonly [start: bigint, bytes: bigint, advice: number]
  ) => number;
  return {
    trim: () => void mallocTrim(0),
    async release(file) {
      const smaps = await readFile('/proc/self/smaps', 'utf8');
      for (const { start, end } of fileMappings(smaps, file)) {
        madvise(start, end - start, MADV_DONTNEED);
      }
    },
  };
}
