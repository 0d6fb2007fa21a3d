import { afterEach, describe, expect, it, vi } from 'vitest';
import { HeldBytes } from './held-bytes.ts';

afterEach(() => vi.restoreAllMocks());

function holding(...chunks: readonly string[]): HeldBytes {
  const held = new HeldBytes();
  for (const chunk of chunks) held.add(Buffer.from(chunk));
  return held;
}

describe('held bytes', () => {
  it('are none at first', () => {
    const held = new HeldBytes();
    expect(held.length).toBe(0);
    expect(held.take()).toHaveLength(0);
  });

  it('are taken in the order in which they came, all of them', () => {
    const held = new HeldBytes();
    const chunks = Array.from({ length: 5_000 }, (_, i) => Buffer.from(`${i};`.repeat(i % 4)));
    let length = 0;
    for (const chunk of chunks) {
      held.add(chunk);
      length += chunk.length;
      expect(held.length).toBe(length);
    }
    expect(held.take().equals(Buffer.concat(chunks))).toBe(true);
  });

  it('are gone once they are taken', () => {
    const held = holding('abc', 'def');
    expect(held.take().toString()).toBe('abcdef');
    expect(held.length).toBe(0);
    expect(held.take()).toHaveLength(0);
    held.add(Buffer.from('gh'));
    expect(held.length).toBe(2);
    expect(held.take().toString()).toBe('gh');
  });

  it('that were taken stay as they are when more is added', () => {
    const held = holding('abc', 'defgh', 'i');
    const taken = held.take();
    for (let i = 0; i < 20; i++) held.add(Buffer.from('XYZ'));
    expect(taken.toString()).toBe('abcdefghi');
    expect(held.take().toString()).toBe('XYZ'.repeat(20));
    expect(taken.toString()).toBe('abcdefghi');
  });

  it('are copies: who added them may use its buffer again', () => {
    const chunk = Buffer.from('abc');
    const held = new HeldBytes();
    held.add(chunk);
    chunk.fill('-');
    expect(held.take().toString()).toBe('abc');
  });

  it('that come one at a time are copied a few times each, and take no more than twice their room', () => {
    const total = 100_000;
    let copied = 0;
    const copy = vi.spyOn(Buffer.prototype, 'copy');
    const held = new HeldBytes();
    for (let i = 0; i < total; i++) held.add(Buffer.from([i & 0xff]));
    for (const { value } of copy.mock.results) copied += value as number;
    vi.restoreAllMocks();
    expect(copied).toBeGreaterThanOrEqual(total);
    expect(copied).toBeLessThan(4 * total);
    const taken = held.take();
    expect(taken.every((byte, i) => byte === (i & 0xff))).toBe(true);
    expect(taken.buffer.byteLength).toBeLessThanOrEqual(2 * total);
  });
});
