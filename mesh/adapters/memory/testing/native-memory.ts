/** Memory outside V8's heap, as a test needs it: pieces of the C library, and a file that is mapped. Linux. */
import { closeSync, openSync, readSync } from 'node:fs';
import koffi from 'koffi';

const library = koffi.load(null);
const calloc = library.func('void *calloc(size_t, size_t)') as (count: number, bytes: number) => unknown;
export const free = library.func('void free(void *)') as (piece: unknown) => void;
const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64_t)') as (
  ...call: readonly [at: null, bytes: number, protection: number, flags: number, fd: number, offset: number]
) => unknown;
const munmap = library.func('int munmap(void *, size_t)') as (at: unknown, bytes: number) => number;

/** Of bits/mman-linux.h. */
const PROT_READ = 1;
const MAP_PRIVATE = 2;

/** Zeroed. */
export function allocate(bytes: number): unknown {
  return calloc(1, bytes);
}

export interface Mapped {
  /** All of it, which maps every page. */
  read(): Buffer;
  readonly address: bigint;
  unmap(): void;
}

export function mapFile(fd: number, bytes: number): Mapped {
  const at = mmap(null, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  return {
    read: () => Buffer.from(koffi.decode(at, 'uint8_t', bytes) as Uint8Array),
    address: koffi.address(at),
    unmap: () => void munmap(at, bytes),
  };
}

export function addressOf(piece: unknown): bigint {
  return koffi.address(piece);
}

/** Bytes, as on x86-64. */
const PAGE = 4096n;
/** Of an entry of eight bytes, in its last: the page is in memory (proc_pid_pagemap(5)). */
const PRESENT = 0x80;

/** How many of the pages that these addresses lie in are in memory. */
export function residentPages(addresses: readonly bigint[]): number {
  const pagemap = openSync('/proc/self/pagemap', 'r');
  const entry = Buffer.alloc(8);
  try {
    return addresses.filter((address) => {
      readSync(pagemap, entry, 0, entry.length, (address / PAGE) * BigInt(entry.length));
      return (entry[7]! & PRESENT) !== 0;
    }).length;
  } finally {
    closeSync(pagemap);
  }
}
