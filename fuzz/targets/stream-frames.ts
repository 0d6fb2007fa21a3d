/**
 * The frames of a link that many streams share: the same frames however they are cut, the ones that a reader of whole
 * buffers finds, and written again as they came; and a link that takes them opens, hands over and refuses what a model of
 * its rules says.
 */
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Random } from '../../mesh/ports/random.ts';
import {
  CREDIT,
  DATA,
  END,
  frameHead,
  FrameReader,
  GOAWAY,
  INITIAL_CREDIT,
  MAX_CREDIT,
  MAX_FRAME_BYTES,
  MAX_STREAMS,
  PING,
  PONG,
  RESET,
  type FrameKind,
} from '../../sidecar/decide/stream-frames.ts';
import type { LinkStream } from '../../sidecar/streams/link-stream.ts';
import { SpareCredit } from '../../sidecar/streams/spare-credit.ts';
import { StreamLink } from '../../sidecar/streams/stream-link.ts';
import { FakeSocket } from '../fake-socket.ts';
import { below, pick } from '../mutate.ts';
import { cutsOf } from '../pieces.ts';
import { must, mustEqual, type Target } from '../target.ts';

interface Frame {
  readonly kind: number;
  readonly stream: number;
  /** Of credit. */
  readonly length: number;
  /** Latin-1. */
  data: string;
}

interface Frames {
  /** The last may be a data frame of which only a part has come. */
  readonly frames: readonly Frame[];
  readonly invalid: boolean;
}

/** `ends`: where each of those that came whole ends. */
type WholeFrames = Frames & { readonly ends: readonly number[] };

const HEAD = 8;
/** All that one sidecar may give beyond first windows. */
const SPARE_BYTES = 32 * 1024 * 1024;
const KINDS = { end: END, reset: RESET, credit: CREDIT, goaway: GOAWAY, ping: PING, pong: PONG } as const;
/** They have no length and no stream. */
const BARE: readonly number[] = [GOAWAY, PING, PONG];

function bytesOf(kind: number, stream: number, length = 0): Buffer {
  const head = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUIntBE(length, 1, 3);
  head.writeUInt32BE(stream, 4);
  return kind === DATA ? Buffer.concat([head, Buffer.alloc(length, 0x61 + (stream % 26))]) : head;
}
const data = (stream: number, length: number): Buffer => bytesOf(DATA, stream, length);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

export const streamFrames: Target = {
  name: 'stream-frames',
  sources: ['sidecar/decide/stream-frames.ts', 'sidecar/streams/'],
  seeds: () =>
    [
      [data(1, 3)],
      [data(1, 3), data(1, 4), bytesOf(CREDIT, 1, 5), bytesOf(END, 1)],
      [data(1, 3), data(2, 4), data(1, 5), bytesOf(RESET, 1), data(1, 6), bytesOf(END, 2), data(9, 1)],
      [data(7, 1), data(3, 1), bytesOf(CREDIT, 3, 1), bytesOf(END, 7), bytesOf(END, 7)],
      [data(4, 1), bytesOf(RESET, 4), data(4, 1), bytesOf(CREDIT, 4, 1), data(5, 1)],
      [data(0xffff_ffff, 1), data(0x8000_0000, 1)],
      [data(1, MAX_FRAME_BYTES), data(2, 1)],
      [data(1, MAX_FRAME_BYTES), data(1, 1)],
      [data(1, INITIAL_CREDIT - 1), data(2, 300), data(1, 1), bytesOf(END, 1)],
      [data(1, 1), bytesOf(CREDIT, 1, MAX_CREDIT - INITIAL_CREDIT), data(2, 2)],
      [data(1, 1), bytesOf(CREDIT, 1, MAX_CREDIT - INITIAL_CREDIT), bytesOf(CREDIT, 1, 1)],
      numbers(MAX_STREAMS + 3).map((stream) => data(stream, 1)),
      [...numbers(MAX_STREAMS).map((stream) => data(stream, 1)), bytesOf(RESET, 5), data(300, 2)],
      // What must not come.
      ...[bytesOf(DATA, 1, 0), data(1, MAX_FRAME_BYTES + 1), data(0, 1), bytesOf(END, 0)].map(afterGood),
      ...[bytesOf(CREDIT, 1), bytesOf(END, 1, 1), bytesOf(RESET, 1, 1), bytesOf(0, 1)].map(afterGood),
      ...[bytesOf(5, 1), bytesOf(0xff, 1), bytesOf(END, 8), bytesOf(CREDIT, 8, 1), bytesOf(GOAWAY, 0, 1)].map(
        afterGood,
      ),
      [data(1, 1), bytesOf(END, 1), data(1, 1)],
      [data(1, 1), bytesOf(PING, 0), bytesOf(PING, 0), data(2, 1), bytesOf(PONG, 0), bytesOf(RESET, 1)],
      [bytesOf(PING, 0), ...afterGood(bytesOf(PING, 0, 1))],
      [bytesOf(PING, 0), ...afterGood(bytesOf(PONG, 2))],
      [data(1, 1), bytesOf(GOAWAY, 0), data(2, 1), bytesOf(GOAWAY, 0), bytesOf(RESET, 1), data(3, 1)],
    ].map((frames) => Buffer.concat(frames)),
  // The frames themselves are the work of `changeFrames`.
  words: ['\x01\x00\x00\x01', '\x01\x01\x00\x00', '\x01\x01\x00\x01', '\x00\x00\x00\x01', '\x04\xff\xff\xff'],
  maxBytes: INITIAL_CREDIT + 16 * 1024,
  cases: 3_000,
  change: changeFrames,
  async check(input) {
    const wanted = framesIn(input);
    mustRoundTrip(input, wanted);
    const cuts = [[input], ...cutsOf(input)];
    for (const pieces of cuts) mustBeSame(readFrames(pieces), wanted);
    const model = modelOf(wanted);
    for (const [i, pieces] of cuts.entries()) await checkLink(pieces, model, i % 2 === 1);
  },
};

function afterGood(bad: Buffer): Buffer[] {
  return [data(1, 2), bad, data(2, 2)];
}

// Frames.

/** Knows only what the comment of the codec says. */
function framesIn(input: Buffer): WholeFrames {
  const frames: Frame[] = [];
  const ends: number[] = [];
  for (let at = 0; input.length - at >= HEAD;) {
    const [kind, length, stream] = [input[at] ?? 0, input.readUIntBE(at + 1, 3), input.readUInt32BE(at + 4)];
    const good = new Map<number, boolean>([
      [DATA, length >= 1 && length <= 65_536],
      [END, length === 0],
      [RESET, length === 0],
      [CREDIT, length >= 1],
      ...BARE.map((bare) => [bare, length === 0 && stream === 0] as const),
    ]);
    if ((stream === 0 && !BARE.includes(kind)) || good.get(kind) !== true)
      return { frames, ends, invalid: true };
    const end = at + HEAD + (kind === DATA ? length : 0);
    const bytes = input.toString('latin1', at + HEAD, Math.min(end, input.length));
    if (kind !== DATA) frames.push({ kind, stream, length, data: '' });
    else if (bytes !== '') frames.push({ kind, stream, length: 0, data: bytes });
    if (end > input.length) break;
    ends.push(end);
    at = end;
  }
  return { frames, ends, invalid: false };
}

function mustRoundTrip(input: Buffer, { frames, ends }: WholeFrames): void {
  const written = frames.slice(0, ends.length).map((frame) => {
    const { kind, stream, length } = frame;
    const head = { kind: kind as FrameKind, stream, length: kind === DATA ? frame.data.length : length };
    return frameHead(head) + frame.data;
  });
  const used = input.toString('latin1', 0, ends.at(-1) ?? 0);
  must(written.join('') === used, 'what was read is written as it came', written.join(''), used);
}

/** Parts of one data frame are joined: a part that no head stands before belongs to the frame of the last. */
function readFrames(pieces: readonly Buffer[]): Frames {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  let headBytes = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at = reader.to) {
      const found = reader.read(piece, at);
      const { stream, length, from, to } = reader;
      must(to > at && to <= piece.length, 'each step goes on, within the bytes', found, at, to, piece.length);
      headBytes += (found === 'data' ? from : to) - at;
      if (found === 'more') continue;
      if (found === 'data') must(at <= from && from < to, 'a part has bytes', at, from, to);
      const isPart = found === 'data' && headBytes === 0;
      must(headBytes === HEAD || isPart, 'a head is eight bytes', found, headBytes);
      headBytes = 0;
      if (found === 'invalid') {
        must(reader.fault !== '', 'what is invalid has a fault');
        return { frames, invalid: true };
      }
      const bytes = found === 'data' ? piece.toString('latin1', from, to) : '';
      if (isPart) mustGoOn(frames.at(-1), stream, bytes);
      else if (found === 'data') frames.push({ kind: DATA, stream, length: 0, data: bytes });
      else frames.push({ kind: KINDS[found], stream, length, data: '' });
    }
  }
  return { frames, invalid: false };
}

function mustGoOn(frame: Frame | undefined, stream: number, bytes: string): void {
  must(frame?.kind === DATA && frame.stream === stream, 'a part belongs to a frame of its stream', stream);
  frame.data += bytes;
  must(frame.data.length <= MAX_FRAME_BYTES, 'no frame is over its limit', frame.data.length);
}

function mustBeSame(got: Frames, wanted: Frames): void {
  const same =
    got.frames.length === wanted.frames.length &&
    got.frames.every((frame, i) => {
      const other = wanted.frames[i];
      if (other?.kind !== frame.kind || other.stream !== frame.stream) return false;
      return other.length === frame.length && other.data === frame.data;
    });
  must(same && got.invalid === wanted.invalid, 'the frames of the whole are read', got, wanted);
}

// Links.

interface StreamModel {
  /** All that came; of a stream that was sent too much, that too. */
  data: string;
  ended: boolean;
  reset: boolean;
  credit: number;
}

interface LinkModel {
  /** Those that are opened, in order. */
  readonly streams: ReadonlyMap<number, StreamModel>;
  /** That came, in all. */
  readonly pings: number;
  readonly violated: boolean;
}

/** Of a side that reads nothing and sends nothing. */
function modelOf({ frames, invalid }: Frames): LinkModel {
  const streams = new Map<number, StreamModel>();
  const pings = frames.filter(({ kind }) => kind === PING).length;
  let lastId = 0;
  for (const { kind, stream: id, length, data } of frames) {
    if (id > lastId && kind !== DATA) return { streams, pings, violated: true };
    const open = [...streams.values()].filter(({ reset }) => !reset).length;
    if (id > lastId && open < MAX_STREAMS)
      streams.set(id, { data: '', ended: false, reset: false, credit: INITIAL_CREDIT });
    lastId = Math.max(lastId, id);
    const stream = streams.get(id);
    if (stream === undefined || stream.reset) continue;
    stream.data += data;
    if (kind === CREDIT) stream.credit += length;
    if (kind === RESET) stream.reset = true;
    const tooMuch = stream.data.length > INITIAL_CREDIT || (kind === DATA && stream.ended);
    if (tooMuch || stream.credit > MAX_CREDIT) return { streams, pings, violated: true };
    if (kind === END) stream.ended = true;
  }
  return { streams, pings, violated: invalid };
}

interface Opened {
  readonly stream: LinkStream;
  readonly id: number;
  data: string;
  ended: boolean;
  closed: boolean;
  /** Data came after the end. */
  late: boolean;
}

/** `holding`: the link is held at each stream that is opened, and goes on then. */
async function checkLink(pieces: readonly Buffer[], model: LinkModel, holding: boolean): Promise<void> {
  const socket = new FakeSocket();
  const spare = new SpareCredit();
  const opened: Opened[] = [];
  const told = { violated: 0, closed: 0 };
  const link = new StreamLink(socket as unknown as Socket, {
    spare,
    opened(stream) {
      must(link.size <= MAX_STREAMS, 'no more streams are opened than may be', link.size);
      // One that is one too many is told of too, and counted by who bounds openings.
      if (!stream.destroyed) opened.push(listenTo(stream));
      if (holding) link.hold();
    },
    violated: () => (told.violated += 1),
    closed: () => (told.closed += 1),
  });
  for (const piece of pieces) {
    socket.emit('data', piece);
    while (socket.paused) link.goOn();
    must(link.size <= MAX_STREAMS, 'no more streams are open than may be', link.size);
  }
  const wanted = model.violated ? [true, 1] : [false, 0];
  mustEqual([socket.destroyed, told.violated], wanted, 'who breaks the rules is cut off once');
  const isRead = opened.some(({ data, ended }) => data !== '' || ended);
  must(!isRead, 'nothing is handed over before it is wanted');
  for (const { stream } of opened) stream.resume();
  await nextTurn();
  mustHandOver(opened, model);
  link.flush();
  mustWrite(socket.written, model);
  socket.emit('close');
  await nextTurn();
  const left = [
    told.closed,
    link.size,
    spare.take(SPARE_BYTES / 4),
    opened.filter(({ closed }) => !closed).length,
  ];
  mustEqual(left, [1, 0, true, 0], 'nothing is left of what is closed');
}

function listenTo(stream: LinkStream): Opened {
  const seen: Opened = { stream, id: stream.id, data: '', ended: false, closed: false, late: false };
  stream.on('data', (chunk: Buffer) => {
    seen.late ||= seen.ended || seen.closed;
    seen.data += chunk.toString('latin1');
  });
  stream.on('end', () => (seen.ended = true));
  stream.on('close', () => (seen.closed = true));
  return seen;
}

function mustWrite(written: string, model: LinkModel): void {
  const { ends, frames } = framesIn(Buffer.from(written, 'latin1'));
  must((ends.at(-1) ?? 0) === written.length, 'the link writes frames', written);
  const pongs = frames.filter(({ kind }) => kind === PONG).length;
  must(model.violated || pongs === model.pings, 'each ping is answered once', pongs, model.pings);
}

/** Of what broke the rules, some may have been taken: that depends on the cuts. */
function mustHandOver(opened: readonly Opened[], { streams, violated }: LinkModel): void {
  const ids = opened.map(({ id }) => id);
  mustEqual(ids, [...streams.keys()], 'the streams are opened in order');
  for (const { id, data, ended, late } of opened) {
    const { reset, ...sent } = streams.get(id) ?? { data: '', ended: false, reset: true };
    must(!late, 'no data comes after the end', id);
    must(data.length <= INITIAL_CREDIT, 'nothing is held beyond the credit', id, data.length);
    if (reset) mustEqual([data, ended], ['', false], 'nothing is read of what has been reset');
    else if (violated) must(sent.data.startsWith(data), 'it is what was sent', id, data, sent.data);
    else must(data === sent.data && ended === sent.ended, 'it is all that was sent', id, data, sent);
  }
}

// Changes.

/** Whole frames are put in, left out, doubled or sent on another stream: few changed bytes leave the rest readable. */
function changeFrames(input: Uint8Array, random: Random): Uint8Array {
  const bytes = Buffer.from(input);
  const { ends } = framesIn(bytes);
  const parts: Buffer[] = [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  const at = below(random, parts.length);
  const part: Buffer = Buffer.from(parts[at] ?? []);
  const stream = pick(random, [0, 1, 2, 3, 4, parts.length, 0xffff_ffff]) ?? 1;
  const length = pick(random, [0, 1, 2, 300, 40_000, MAX_FRAME_BYTES, MAX_CREDIT - INITIAL_CREDIT]) ?? 1;
  const kind = pick(random, [DATA, DATA, END, RESET, CREDIT, GOAWAY, PING, PONG, 0, 8]) ?? DATA;
  const what = below(random, 4);
  if (what === 0)
    parts.splice(at, 0, bytesOf(kind, stream, [END, RESET, ...BARE].includes(kind) ? 0 : length));
  else if (what === 1) parts.splice(at, 1);
  else if (what === 2) parts.splice(below(random, parts.length + 1), 0, part);
  else if (part.length >= HEAD) {
    part.writeUInt32BE(stream, 4);
    parts[at] = part;
  }
  return Buffer.concat(parts);
}
