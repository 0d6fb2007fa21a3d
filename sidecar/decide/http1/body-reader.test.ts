import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBodyReader } from './body-reader.ts';
import type { Framing } from './head.ts';

interface Body {
  readonly content: string;
  readonly rest: string;
  readonly outcome: string;
}

/** Reads the pieces one after another, as a connection does: what was not used is given again. */
function readBody(framing: Framing, pieces: readonly Buffer[]): Body {
  const reader = createBodyReader(framing);
  let held = Buffer.alloc(0);
  let content = '';
  for (const [i, piece] of pieces.entries()) {
    held = Buffer.concat([held, piece]);
    const read = reader.read(held, 0, (from, to) => (content += held.toString('latin1', from, to)));
    if (read.kind === 'refused') return { content, rest: '', outcome: read.message };
    held = held.subarray(read.end);
    if (read.done)
      return {
        content,
        rest: Buffer.concat([held, ...pieces.slice(i + 1)]).toString('latin1'),
        outcome: 'done',
      };
  }
  return { content, rest: held.toString('latin1'), outcome: 'more' };
}

const whole = (text: string): Buffer[] => [Buffer.from(text, 'latin1')];
const chunked: Framing = { kind: 'chunked' };

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

describe('a body', () => {
  it('of a length ends there, and not before', () => {
    expect(readBody({ kind: 'length', length: 3 }, whole('abcGET'))).toEqual({
      content: 'abc',
      rest: 'GET',
      outcome: 'done',
    });
    expect(readBody({ kind: 'length', length: 3 }, whole('ab'))).toEqual({
      content: 'ab',
      rest: '',
      outcome: 'more',
    });
    expect(readBody({ kind: 'until-close' }, whole('abc'))).toEqual({
      content: 'abc',
      rest: '',
      outcome: 'more',
    });
  });

  it('in chunks is read the same however it is cut', () => {
    const parts = fc.array(fc.stringMatching(/^[ -~\r\n]{1,40}$/), { maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.array(fc.nat(400), { maxLength: 10 }), fc.boolean(), (chunks, cuts, trailer) => {
        const lines = chunks.map((chunk) => `${chunk.length.toString(16)};a=b\r\n${chunk}\r\n`).join('');
        const bytes = Buffer.from(`${lines}0\r\n${trailer ? 'X: 1\r\n' : ''}\r\nGET`, 'latin1');
        expect(readBody(chunked, cut(bytes, cuts))).toEqual({
          content: chunks.join(''),
          rest: 'GET',
          outcome: 'done',
        });
      }),
    );
  });

  it.each([
    ['no size', '\r\n'],
    ['a sign', '+5\r\n'],
    ['0x', '0x5\r\n'],
    ['a blank', '5 \r\n'],
    ['a bare LF', '5\nabcde\r\n'],
    ['a size of 13 digits', '1234567890abc\r\n'],
    ['a longer chunk than it says', '2\r\nabc\r\n'],
    ['a longer chunk that goes on as if it were not', '2\r\nabcd0\r\n\r\n'],
    ['an extension of 300 bytes', `1;${'a'.repeat(300)}`],
    ['an extension without a name', '1;\r\n'],
    ['an extension that is no token', '1;a@b\r\n'],
    ['an extension with a quote that is not closed', '1;a="b\r\n'],
    ['a control character in an extension', '1;\x01\r\n'],
    ['a bad trailer', '0\r\nA : 1\r\n\r\n'],
    ['a length as a trailer', '0\r\nA: 1\r\nContent-Length: 5\r\n\r\n'],
    ['a coding as a trailer', '0\r\ntransfer-encoding: chunked\r\n\r\n'],
  ])('in chunks with %s is refused', (_, text) => {
    expect(readBody(chunked, whole(text)).outcome).not.toMatch(/^(more|done)$/);
  });

  it('bounds all its extensions together', () => {
    const text = `1;${'a'.repeat(200)}\r\nx\r\n`.repeat(100);
    expect(readBody(chunked, whole(text)).outcome).toBe('the chunk extensions are over their limit');
  });
});
