import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFrameReader, framed } from './frame-reader.ts';

function readAll(chunks: readonly Buffer[]): readonly string[] {
  const reader = createFrameReader();
  const read: string[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame.kind === 'message'; frame = reader.next())
      read.push(frame.bytes.toString('hex'));
  }
  return read;
}

it('reads the same messages however the stream is cut', () => {
  const message = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.array(message), fc.array(fc.nat(300)), (messages, cuts) => {
      const stream = Buffer.concat(messages.map(framed));
      const places = [...cuts.filter((place) => place < stream.length)].sort((a, b) => a - b);
      const chunks = [...places, stream.length].map((end, i) => stream.subarray(places[i - 1] ?? 0, end));
      expect(readAll(chunks)).toEqual(messages.map((one) => one.toString('hex')));
    }),
  );
});

it('takes no message that is longer than a query', () => {
  const reader = createFrameReader();
  reader.push(Buffer.from([0x04, 0xd0]));
  expect(reader.next()).toEqual({ kind: 'need-more' });
  const longer = createFrameReader();
  longer.push(Buffer.from([0x04, 0xd1]));
  expect(longer.next()).toEqual({ kind: 'oversized' });
});
