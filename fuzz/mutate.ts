/** Makes a new input out of known ones: a few small changes, each as likely as the next. */
import type { Random } from '../mesh/ports/random.ts';
import type { Target } from './target.ts';

type Change = (input: Buffer, random: Random, pool: Pool) => Buffer;

interface Pool {
  readonly inputs: readonly Uint8Array[];
  readonly words: readonly string[];
  readonly maxBytes: number;
}

const ODD_BYTES = [0, 1, 9, 10, 13, 32, 0x22, 0x2e, 0x2f, 0x3a, 0x3b, 0x5c, 0x7f, 0x80, 0xfe, 0xff];
const MOST_CHANGES = 5;

export function mutate(target: Target, inputs: readonly Uint8Array[], random: Random): Buffer {
  const { words, maxBytes, change } = target;
  const pool: Pool = { inputs, words, maxBytes };
  let input: Buffer = Buffer.from(pick(random, inputs) ?? []);
  for (let left = 1 + below(random, MOST_CHANGES); left > 0; left--) {
    if (change !== undefined && random.next() < 0.5) input = Buffer.from(change(input, random));
    else input = (pick(random, CHANGES) ?? flipBit)(input, random, pool);
  }
  return input.subarray(0, maxBytes);
}

/** An integer from 0 to under `bound`; 0 where there is none. */
export function below(random: Random, bound: number): number {
  return Math.floor(random.next() * bound);
}

export function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[below(random, list.length)];
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Mostly short. */
function rangeOf(input: Uint8Array, random: Random): Range {
  const from = below(random, input.length + 1);
  const most = random.next() < 0.7 ? Math.min(16, input.length - from) : input.length - from;
  return { from, to: from + below(random, most + 1) };
}

function replace(input: Buffer, { from, to }: Range, by: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, from), by, input.subarray(to)]);
}

const flipBit: Change = (input, random) => {
  if (input.length === 0) return input;
  const at = below(random, input.length);
  input[at] = (input[at] ?? 0) ^ (1 << below(random, 8));
  return input;
};

const setByte: Change = (input, random) => {
  if (input.length === 0) return input;
  input[below(random, input.length)] = pick(random, ODD_BYTES) ?? 0;
  return input;
};

const addToByte: Change = (input, random) => {
  if (input.length === 0) return input;
  const at = below(random, input.length);
  input[at] = ((input[at] ?? 0) + below(random, 7) - 3) & 0xff;
  return input;
};

const remove: Change = (input, random) => replace(input, rangeOf(input, random), Buffer.alloc(0));

const cutShort: Change = (input, random) => input.subarray(0, below(random, input.length + 1));

const insertBytes: Change = (input, random) => {
  const { from } = rangeOf(input, random);
  return replace(input, { from, to: from }, random.bytes(1 + below(random, 8)));
};

const putWord: Change = (input, random, { words }) => {
  const word = Buffer.from(pick(random, words) ?? '', 'latin1');
  const range = rangeOf(input, random);
  return replace(input, random.next() < 0.5 ? range : { from: range.from, to: range.from }, word);
};

/** Where lines begin, a word stands whole. */
const putWordAtLine: Change = (input, random, { words }) => {
  const word = Buffer.from(pick(random, words) ?? '', 'latin1');
  const from = input.indexOf(0x0a, below(random, input.length)) + 1;
  return replace(input, { from, to: from }, word);
};

const copyRange: Change = (input, random) => {
  const { from, to } = rangeOf(input, random);
  const at = below(random, input.length + 1);
  return replace(input, { from: at, to: at }, Buffer.from(input.subarray(from, to)));
};

/** What stands once may be good, and bad when it stands a thousand times. */
const repeat: Change = (input, random, { maxBytes }) => {
  const { from, to } = rangeOf(input, random);
  const most = Math.floor((maxBytes - input.length) / Math.max(1, to - from));
  const times = Math.max(0, Math.min(most, 2 ** below(random, 17)));
  const part = Buffer.from(input.subarray(from, to)).toString('latin1');
  return replace(input, { from, to: from }, Buffer.from(part.repeat(times), 'latin1'));
};

const cross: Change = (input, random, { inputs }) => {
  const other = pick(random, inputs) ?? input;
  const { from, to } = rangeOf(other, random);
  return replace(input, rangeOf(input, random), other.subarray(from, to));
};

/** Two neighbouring lines, or other parts between the same bytes, change places. */
const swap: Change = (input, random) => {
  const by = pick(random, [0x0a, 0x2c, 0x20, 0x2f]) ?? 0x0a;
  const parts = input.toString('latin1').split(String.fromCharCode(by));
  const at = below(random, parts.length - 1);
  const [one = '', two = ''] = [parts[at], parts[at + 1]];
  if (parts.length > 1) parts.splice(at, 2, two, one);
  return Buffer.from(parts.join(String.fromCharCode(by)), 'latin1');
};

const CHANGES: readonly Change[] = [
  flipBit,
  setByte,
  addToByte,
  remove,
  cutShort,
  insertBytes,
  putWord,
  putWordAtLine,
  copyRange,
  repeat,
  cross,
  swap,
];
