import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CREDIT,
  DATA,
  END,
  frameHead,
  FrameReader,
  GOAWAY,
  MAX_FRAME_BYTES,
  PING,
  PONG,
  RESET,
} from './stream-frames.ts';

/** Reads the pieces one after another, as a link does: what was found, with the parts of data side by side joined. */
function readAll(pieces: readonly Buffer[]): string[] {
  const reader = new FrameReader();
  const found: string[] = [];
  let lastData = '';
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at = reader.to) {
      const step = reader.read(piece, at);
      const { stream, length, from, to } = reader;
      expect(to).toBeGreaterThan(at);
      expect(to).toBeLessThanOrEqual(piece.length);
      if (step === 'more') continue;
      if (step === 'invalid') return [...found, 'invalid'];
      const isSame = step === 'data' && found.at(-1) === `data ${stream} ${lastData}`;
      if (step === 'data') lastData = (isSame ? lastData : '') + piece.toString('latin1', from, to);
      if (isSame) found.pop();
      if (step === 'data') found.push(`data ${stream} ${lastData}`);
      else found.push(step === 'credit' ? `credit ${stream} ${length}` : `${step} ${stream}`);
    }
  }
  return found;
}

const whole = (...bytes: number[]): Buffer[] => [Buffer.from(bytes)];

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

/** Every kind, and streams that take turns. */
const TALK = Buffer.concat([
  Buffer.from([1, 0, 0, 5, 0, 0, 0, 1]),
  Buffer.from('hello'),
  Buffer.from([1, 0, 0, 1, 0, 0, 0, 2]),
  Buffer.from('x'),
  Buffer.from([4, 0, 1, 0, 0, 0, 0, 1]),
  Buffer.from([1, 0, 0, 6, 0, 0, 0, 1]),
  Buffer.from(' world'),
  Buffer.from([2, 0, 0, 0, 0, 0, 0, 1]),
  Buffer.from([6, 0, 0, 0, 0, 0, 0, 0]),
  Buffer.from([7, 0, 0, 0, 0, 0, 0, 0]),
  Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]),
  Buffer.from([3, 0, 0, 0, 0, 0, 0, 2]),
]);
const SAID = [
  ...['data 1 hello', 'data 2 x', 'credit 1 256', 'data 1  world', 'end 1'],
  ...['ping 0', 'pong 0', 'goaway 0', 'reset 2'],
];

describe('the head of a frame', () => {
  it.each([
    ['data', { kind: DATA, length: 0x01_0000, stream: 0x0102_0304 }, [1, 1, 0, 0, 1, 2, 3, 4]],
    ['end', { kind: END, length: 0, stream: 1 }, [2, 0, 0, 0, 0, 0, 0, 1]],
    ['reset', { kind: RESET, length: 0, stream: 0xffff_ffff }, [3, 0, 0, 0, 255, 255, 255, 255]],
    ['goaway', { kind: GOAWAY, length: 0, stream: 0 }, [5, 0, 0, 0, 0, 0, 0, 0]],
    ['ping', { kind: PING, length: 0, stream: 0 }, [6, 0, 0, 0, 0, 0, 0, 0]],
    ['pong', { kind: PONG, length: 0, stream: 0 }, [7, 0, 0, 0, 0, 0, 0, 0]],
    ['credit', { kind: CREDIT, length: 0xfe_dcba, stream: 0x8000_0000 }, [4, 0xfe, 0xdc, 0xba, 128, 0, 0, 0]],
  ] as const)('of %s is its kind, its length and its stream', (_, head, bytes) => {
    expect([...Buffer.from(frameHead(head), 'latin1')]).toEqual(bytes);
  });

  it.each([
    ['an end', whole(2, 0, 0, 0, 0, 0, 0, 1), ['end 1']],
    ['a reset', whole(3, 0, 0, 0, 255, 255, 255, 255), ['reset 4294967295']],
    ['a goaway', whole(5, 0, 0, 0, 0, 0, 0, 0), ['goaway 0']],
    ['a ping', whole(6, 0, 0, 0, 0, 0, 0, 0), ['ping 0']],
    ['a pong', whole(7, 0, 0, 0, 0, 0, 0, 0), ['pong 0']],
    ['a credit', whole(4, 0xfe, 0xdc, 0xba, 128, 0, 0, 0), ['credit 2147483648 16702650']],
    ['the most credit', whole(4, 255, 255, 255, 0, 0, 0, 1), ['credit 1 16777215']],
    ['data', whole(1, 0, 0, 2, 1, 2, 3, 4, 0x6f, 0x6b), ['data 16909060 ok']],
  ])('of %s is read', (_, pieces, found) => {
    expect(readAll(pieces)).toEqual(found);
  });

  it('says nothing before its last byte', () => {
    for (let at = 0; at < 8; at++) expect(readAll([TALK.subarray(0, at)])).toEqual([]);
    expect(readAll([TALK.subarray(0, 8)])).toEqual([]);
    expect(readAll([TALK.subarray(0, 9)])).toEqual(['data 1 h']);
  });
});

describe('frames', () => {
  it('are read one after another', () => {
    expect(readAll([TALK])).toEqual(SAID);
  });

  it('are the same in single bytes, and cut in two anywhere', () => {
    expect(readAll(Array.from(TALK, (byte) => Buffer.from([byte])))).toEqual(SAID);
    for (let at = 0; at <= TALK.length; at++) expect(readAll(cut(TALK, [at]))).toEqual(SAID);
  });

  it('are the same however they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(TALK.length), { maxLength: 12 }), (cuts) => {
        expect(readAll(cut(TALK, cuts))).toEqual(SAID);
      }),
    );
  });

  it('are read from the middle of a buffer', () => {
    const reader = new FrameReader();
    const bytes = Buffer.concat([Buffer.from('before'), TALK]);
    expect(reader.read(bytes, 6)).toBe('data');
    expect([reader.stream, reader.from, reader.to]).toEqual([1, 14, 19]);
    expect(reader.read(bytes, reader.to)).toBe('data');
    expect([reader.stream, reader.from, reader.to]).toEqual([2, 27, 28]);
  });

  it('of 64 KiB of data are taken', () => {
    const content = Buffer.alloc(MAX_FRAME_BYTES, 'a');
    const bytes = Buffer.concat([Buffer.from([1, 1, 0, 0, 0, 0, 0, 1]), content]);
    expect(readAll([bytes])).toEqual([`data 1 ${content.toString('latin1')}`]);
  });
});

describe('what is no frame is invalid', () => {
  const cases = [
    ['data of no stream', [1, 0, 0, 1, 0, 0, 0, 0]],
    ['an end of no stream', [2, 0, 0, 0, 0, 0, 0, 0]],
    ['a reset of no stream', [3, 0, 0, 0, 0, 0, 0, 0]],
    ['credit of no stream', [4, 0, 0, 1, 0, 0, 0, 0]],
    ['data of 0 bytes', [1, 0, 0, 0, 0, 0, 0, 1]],
    ['data of 64 KiB and a byte', [1, 1, 0, 1, 0, 0, 0, 1]],
    ['data of all bytes that a length can say', [1, 255, 255, 255, 0, 0, 0, 1]],
    ['credit of 0 bytes', [4, 0, 0, 0, 0, 0, 0, 1]],
    ['an end with a length', [2, 0, 0, 1, 0, 0, 0, 1]],
    ['an end with a length of 64 KiB', [2, 1, 0, 0, 0, 0, 0, 1]],
    ['a reset with a length', [3, 0, 0, 1, 0, 0, 0, 1]],
    ['kind 0', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['a goaway of a stream', [5, 0, 0, 0, 0, 0, 0, 1]],
    ['a goaway with a length', [5, 0, 0, 1, 0, 0, 0, 0]],
    ['a ping of a stream', [6, 0, 0, 0, 0, 0, 0, 1]],
    ['a ping with a length', [6, 0, 0, 1, 0, 0, 0, 0]],
    ['a pong of a stream', [7, 0, 0, 0, 0, 0, 0, 1]],
    ['a pong with a length', [7, 0, 0, 1, 0, 0, 0, 0]],
    ['kind 8', [8, 0, 0, 1, 0, 0, 0, 1]],
    ['kind 129', [129, 0, 0, 1, 0, 0, 0, 1]],
  ] as const;

  it.each(cases)('%s', (_, head) => {
    expect(readAll(whole(...head))).toEqual(['invalid']);
    expect(readAll([TALK, Buffer.from(head), TALK])).toEqual([...SAID, 'invalid']);
  });

  it.each(cases)('%s, in single bytes, and only with the last of its head', (_, head) => {
    const single = head.map((byte) => Buffer.from([byte]));
    expect(readAll(single.slice(0, 7))).toEqual([]);
    expect(readAll(single)).toEqual(['invalid']);
  });

  it('and says why', () => {
    const reader = new FrameReader();
    expect(reader.read(Buffer.from([5, 0, 0, 0, 0, 0, 0, 1]), 0)).toBe('invalid');
    expect(reader.fault).not.toBe('');
  });
});
