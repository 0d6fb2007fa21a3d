import { afterEach, describe, expect, it } from 'vitest';
import {
  CREDIT,
  DATA,
  END,
  frameHead,
  INITIAL_CREDIT,
  MAX_CREDIT,
  MAX_STREAMS,
  PING,
  RESET,
} from '../decide/stream-frames.ts';
import { until } from '../testing/applications.ts';
import { linkPair, type LinkPair } from './testing/link-pair.ts';

let pair: LinkPair;
afterEach(() => {
  pair.end();
  expect(pair.violations).toEqual(expected.splice(0));
});
/** What the test at hand should find wrong. */
const expected: string[] = [];

describe('the other side of a link', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'sends data beyond its credit',
      data(1, INITIAL_CREDIT) + data(1, 1),
      'more data than there was credit for',
    ],
    ['gives more credit than there is', data(1, 1) + credit(1, MAX_CREDIT), 'too much credit'],
    ['ends a stream that was never opened', bare(END, 7), 'a stream that is not open'],
    ['resets a stream that was never opened', bare(RESET, 7), 'a stream that is not open'],
    ['gives credit to a stream that was never opened', credit(7, 1), 'a stream that is not open'],
    ['sends on after its end', data(1, 1) + bare(END, 1) + data(1, 1), 'more data than there was credit for'],
    ['sends a frame of an unknown kind', '\x09\0\0\0\0\0\0\x01', 'a frame of kind 9'],
  ];

  it.each(cases)('is cut, and told of, when it %s', async (_what, wire, fault) => {
    pair = await linkPair();
    expected.push(`to: ${fault}`);
    pair.client.write(wire, 'latin1');
    await until('it is cut', () => pair.closed.includes('to'));
  });

  it('may not open streams where none are taken', async () => {
    pair = await linkPair();
    expected.push('from: a stream that is not open');
    pair.server.write(data(1, 1), 'latin1');
    await until('it is cut', () => pair.closed.includes('from'));
  });

  it('has a stream that is one too many reset, and keeps the others', async () => {
    pair = await linkPair();
    let wire = '';
    for (let id = 1; id <= MAX_STREAMS + 1; id++) wire += data(id, 1);
    pair.client.removeAllListeners('data');
    const answers: string[] = [];
    pair.client.on('data', (chunk: Buffer) => void answers.push(chunk.toString('latin1')));
    pair.client.write(wire, 'latin1');
    await until('an answer', () => answers.length > 0);
    expect(pair.opened.map(({ destroyed }) => destroyed)).toEqual([...Array(MAX_STREAMS).fill(false), true]);
    expect(pair.to.size).toBe(MAX_STREAMS);
    expect(answers.join('')).toBe(bare(RESET, MAX_STREAMS + 1));
  });

  it('is cut when it asks, and never reads what is answered', async () => {
    pair = await linkPair();
    expected.push('to: answers that it does not read');
    pair.client.pause();
    // As when the kernel takes no more: that would be after some megabytes.
    Object.defineProperty(pair.server, 'writableNeedDrain', { value: true });
    const ask = (from: number, count: number): void =>
      void pair.client.write(Array.from({ length: count }, (_, at) => data(from + at, 1)).join(''), 'latin1');
    ask(1, MAX_STREAMS + 10_000);
    await until('all are refused', () => pair.opened.length === MAX_STREAMS + 10_000);
    expect(pair.server.destroyed).toBe(false);
    ask(MAX_STREAMS + 10_001, 1);
    await until('it is cut', () => pair.closed.includes('to'));
  });

  it('is cut when it asks for signs of life, and never reads them', async () => {
    pair = await linkPair();
    expected.push('to: answers that it does not read');
    pair.client.pause();
    Object.defineProperty(pair.server, 'writableNeedDrain', { value: true });
    const ping = frameHead({ kind: PING, length: 0, stream: 0 });
    pair.client.write(ping.repeat(10_000) + data(1, 1), 'latin1');
    await until('all have come', () => pair.opened.length === 1);
    expect(pair.server.destroyed).toBe(false);
    pair.client.write(ping, 'latin1');
    await until('it is cut', () => pair.closed.includes('to'));
  });

  it('cannot use the number of a stream again', async () => {
    pair = await linkPair();
    pair.client.write(data(2, 1) + bare(RESET, 2) + data(2, 1) + data(1, 1) + data(3, 1), 'latin1');
    await until('the last one', () => pair.opened.length > 1);
    expect(pair.opened.map(({ id }) => id)).toEqual([2, 3]);
  });
});

function data(id: number, length: number): string {
  return frameHead({ kind: DATA, length, stream: id }) + 'x'.repeat(length);
}

function credit(id: number, length: number): string {
  return frameHead({ kind: CREDIT, length, stream: id });
}

function bare(kind: typeof END | typeof RESET, id: number): string {
  return frameHead({ kind, length: 0, stream: id });
}
