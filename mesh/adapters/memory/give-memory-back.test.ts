import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createManualClock, type ManualClock } from '../clock/manual-clock.ts';
import { giveMemoryBack, openMemory, type Memory } from './give-memory-back.ts';
import * as native from './testing/native-memory.ts';

const KIB = 1024;

/** A program's time, and what it asks of its memory, with the second it asks in. */
function program(open = (memory: Memory) => Promise.resolve(memory)): {
  readonly clock: ManualClock;
  readonly asked: readonly string[];
} {
  const clock = createManualClock();
  const asked: string[] = [];
  const note = (call: string): void => void asked.push(`${clock.monotonic() / 1000} s: ${call}`);
  const memory: Memory = {
    trim: () => note('trim'),
    release: (file) => Promise.resolve(note(`release ${file}`)),
  };
  giveMemoryBack(clock, () => open(memory));
  return { clock, asked };
}

describe('memory that is given back', () => {
  it('is what was freed and what was read once, each quarter of a minute', async () => {
    const { clock, asked } = program();
    await clock.advanceAsync(9_999);
    expect(asked).toEqual([]);
    await clock.advanceAsync(15_001);
    const release = `release ${process.execPath}`;
    expect(asked).toEqual(['10 s: trim', `10 s: ${release}`, '25 s: trim', `25 s: ${release}`]);
  });

  it('is none where the C library has no call for it', async () => {
    const { clock, asked } = program(() => Promise.reject(new Error('Cannot find function malloc_trim')));
    await clock.advanceAsync(60_000);
    expect([asked, clock.pending()]).toEqual([[], 0]);
  });

  it('is what was freed where nobody may read which pages are of the program', async () => {
    const { clock, asked } = program((memory) =>
      Promise.resolve({ ...memory, release: () => Promise.reject(new Error('EACCES')) }),
    );
    await clock.advanceAsync(25_000);
    expect(asked).toEqual(['10 s: trim', '25 s: trim']);
  });
});

describe.skipIf(process.platform !== 'linux')('memory of this process', () => {
  it('that was freed below what is in use is given back', async () => {
    const memory = await openMemory();
    const pieces = Array.from({ length: 4096 }, () => native.allocate(4 * KIB));
    pieces.sort((a, b) => (native.addressOf(a) < native.addressOf(b) ? -1 : 1));
    // Some stay in use, wherever the C library has put them: what is free above all that is used goes back by itself.
    const isKept = (_: unknown, at: number): boolean => at % 64 === 63;
    const freed = pieces.filter((piece, at) => !isKept(piece, at));
    onTestFinished(() => {
      for (const piece of pieces.filter(isKept)) native.free(piece);
    });
    const middles = freed.map((piece) => native.addressOf(piece) + BigInt(2 * KIB));
    for (const piece of freed) native.free(piece);
    expect(native.residentPages(middles)).toBeGreaterThan(freed.length * 0.75);
    memory.trim();
    expect(native.residentPages(middles)).toBeLessThan(freed.length * 0.25);
  });

  it('that is of a file is given back, and mapped again when it is read', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'isthmus-memory-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'file');
    const content = Buffer.alloc(1024 * KIB, 'a page of a file');
    writeFileSync(file, content);
    const fd = openSync(file, 'r');
    const mapped = native.mapFile(fd, content.length);
    closeSync(fd);
    onTestFinished(() => mapped.unmap());
    expect(mapped.read().equals(content)).toBe(true);
    const pages = Array.from({ length: 256 }, (_, at) => mapped.address + BigInt(at * 4 * KIB));
    expect(native.residentPages(pages)).toBe(256);
    await (await openMemory()).release(file);
    expect(native.residentPages(pages)).toBe(0);
    expect(mapped.read().equals(content)).toBe(true);
  });
});
