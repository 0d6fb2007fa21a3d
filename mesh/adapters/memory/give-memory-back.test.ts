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
    // The last one allocated may lie in a gap; what is free above the highest goes back by itself.
    const highest = pieces.pop();
    onTestFinished(() => native.free(highest));
    const middle = native.addressOf(pieces[2048]);
    for (const piece of pieces) native.free(piece);
    const freed = native.residentAround(middle);
    memory.trim();
    // 16 MiB were freed, in a heap of the C library or two.
    expect(freed - native.residentAround(middle)).toBeGreaterThan(7 * KIB);
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
    expect(native.residentAround(mapped.address)).toBe(1024);
    await (await openMemory()).release(file);
    expect(native.residentAround(mapped.address)).toBe(0);
    expect(mapped.read().equals(content)).toBe(true);
  });
});
