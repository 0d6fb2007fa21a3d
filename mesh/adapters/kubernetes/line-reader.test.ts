import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineReader } from './line-reader.ts';

function read(chunks: readonly Buffer[], maxBytes = 1000): { lines: string[]; taken: boolean } {
  const lines: string[] = [];
  const reader = createLineReader(maxBytes, (line) => lines.push(line));
  return { lines, taken: chunks.every((chunk) => reader.push(chunk)) };
}

describe('the line reader', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(200)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect(read(chunks).lines).toEqual(text.split('\n').slice(0, -1));
      }),
    );
  });

  it('passes nothing on of a line that has no end', () => {
    expect(read([Buffer.from('{"a":1}\n{"trunc')])).toEqual({ lines: ['{"a":1}'], taken: true });
  });

  it('refuses a line over its bound, in one chunk or in many', () => {
    const line = Buffer.from('x'.repeat(11));
    expect(read([line], 10).taken).toBe(false);
    expect(read([Buffer.concat([line, Buffer.from('\n')])], 10)).toEqual({ lines: [], taken: false });
    expect(
      read(
        [...line].map((byte) => Buffer.of(byte)),
        10,
      ).taken,
    ).toBe(false);
    expect(read([Buffer.from(`${'x'.repeat(10)}\n${'y'.repeat(10)}\n`)], 10).taken).toBe(true);
  });
});
