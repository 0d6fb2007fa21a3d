/** Streams of one connection: each its own bytes, none holds up another, and a peer that breaks the rules is cut. */
import type { Mutant } from '../mutant.ts';

const LINK_STREAM = 'sidecar/streams/link-stream.ts';
const STREAM_LINK = 'sidecar/streams/stream-link.ts';
const LINK_TEST = 'sidecar/streams/stream-link.test.ts';
const CREDIT_TEST = 'sidecar/streams/stream-credit.test.ts';
const PEER_TEST = 'sidecar/streams/link-peer.test.ts';
const FRAMES = {
  file: 'sidecar/decide/stream-frames.ts',
  test: 'sidecar/decide/stream-frames.test.ts',
} as const;

export const STREAMS: readonly Mutant[] = [
  {
    name: 'goaway-of-a-stream',
    guarantee: 'A frame says what its kind says, or is none (decision 0018).',
    ...FRAMES,
    replace: 'this.stream === 0 && length === 0',
    by: 'this.stream >= 0 && length >= 0',
    fails: [
      'what is no frame is invalid > a goaway of a stream…',
      'what is no frame is invalid > a goaway with a length…',
      'what is no frame is invalid > and says why',
    ],
  },
  {
    name: 'goaway-unheard',
    guarantee: 'Who is asked for no more streams opens none (decision 0018).',
    file: STREAM_LINK,
    test: LINK_TEST,
    replace: 'return this.#parts.opened === undefined ? this.retire() : undefined;',
    by: 'return undefined;',
    fails: [
      'a link > whose other side asks for no more streams opens none, and closes with the last one',
      'a link > that asks for no more streams takes those that were on their way',
    ],
  },
  {
    name: 'large-frame-taken',
    guarantee: 'A frame has a bound (decision 0018).',
    ...FRAMES,
    replace: 'if (length === 0 || length > MAX_FRAME_BYTES)',
    by: 'if (length === 0)',
    fails: [
      'what is no frame is invalid > data of 64 KiB and a byte…',
      'what is no frame is invalid > data of all bytes that a length can say…',
    ],
  },
  {
    name: 'window-open',
    guarantee: 'What a peer may send on a stream that nobody reads is bounded (decision 0018).',
    file: LINK_STREAM,
    test: PEER_TEST,
    replace: 'if (this.#allowed < 0 || this.#endReceived) return false;',
    by: 'if (this.#endReceived) return false;',
    fails: ['the other side of a link > is cut, and told of, when it sends data beyond its credit'],
  },
  {
    name: 'data-after-end',
    guarantee: 'A stream that has ended says nothing more (decision 0018).',
    file: LINK_STREAM,
    test: PEER_TEST,
    replace: 'if (this.#allowed < 0 || this.#endReceived) return false;',
    by: 'if (this.#allowed < 0) return false;',
    fails: ['the other side of a link > is cut, and told of, when it sends on after its end'],
  },
  {
    name: 'credit-without-bound',
    guarantee: 'A peer cannot give more credit than a stream may have (decision 0018).',
    file: LINK_STREAM,
    test: PEER_TEST,
    replace: 'if (this.#credit > MAX_CREDIT) return false;',
    by: 'if (this.#credit < 0) return false;',
    fails: ['the other side of a link > is cut, and told of, when it gives more credit than there is'],
  },
  {
    name: 'credit-ignored',
    guarantee: 'A sidecar sends no more on a stream than it has credit for (decision 0018).',
    file: LINK_STREAM,
    test: CREDIT_TEST,
    replace: 'length <= this.#credit && length <= MAX_FRAME_BYTES',
    by: 'length <= MAX_FRAME_BYTES',
    fails: ['what is written without credit > waits, small as it is'],
  },
  {
    name: 'read-within-resume',
    guarantee: 'Whoever resumes a stream hears of its bytes afterwards, as with a socket (decision 0018).',
    file: LINK_STREAM,
    test: CREDIT_TEST,
    replace: 'process.nextTick(() => this.#flow());',
    by: 'this.#flow();',
    fails: ['a stream that nobody reads > hears nothing within resume itself'],
  },
  {
    name: 'end-before-the-rest',
    guarantee: 'The end of a stream comes behind all that was written (decision 0018).',
    file: LINK_STREAM,
    test: LINK_TEST,
    replace: '|| this.#endSent || this.#queue.length > 0) return;',
    by: '|| this.#endSent) return;',
    fails: [
      'streams of one link > keep the order of small and large pieces',
      'the end of a stream > comes behind all that was written, though there was no credit for it',
    ],
  },
  {
    name: 'spare-not-given-back',
    guarantee: 'A stream that closes gives back what it was allowed beyond the first window (decision 0018).',
    file: LINK_STREAM,
    test: CREDIT_TEST,
    replace: 'this.#link.spare.giveBack(this.#window - INITIAL_CREDIT);',
    by: 'this.#link.spare.giveBack(0);',
    fails: ['what may be under way on a stream > does not grow when the sidecar has nothing to spare…'],
  },
  {
    name: 'stream-without-number-left',
    guarantee: 'No stream outlives its link (decision 0018).',
    file: STREAM_LINK,
    test: LINK_TEST,
    replace: 'const left = [...this.#streams.values(), ...this.#fresh];',
    by: 'const left = [...this.#streams.values()];',
    fails: [
      'a link > that dies closes all its streams without an end, the ones that have said nothing yet too',
    ],
  },
  {
    name: 'number-used-again',
    guarantee: 'The number of a stream is used once (decision 0018).',
    file: STREAM_LINK,
    test: PEER_TEST,
    replace: 'if (opened === undefined || id <= this.#lastId) return undefined;',
    by: 'if (opened === undefined) return undefined;',
    fails: ['the other side of a link > cannot use the number of a stream again'],
  },
  {
    name: 'streams-without-bound',
    guarantee: 'A link has so many streams and no more (decision 0018).',
    file: STREAM_LINK,
    test: PEER_TEST,
    replace: 'if (this.size > MAX_STREAMS)',
    by: 'if (this.size < 0)',
    fails: [
      'the other side of a link > has a stream that is one too many reset, and keeps the others',
      'the other side of a link > is cut when it asks, and never reads what is answered',
    ],
  },
  {
    name: 'answers-pile-up',
    guarantee: 'A peer that asks and never reads the answers is cut (S14).',
    file: STREAM_LINK,
    test: PEER_TEST,
    replace: 'if (this.#owed > MAX_OWED)',
    by: 'if (this.#owed < 0)',
    fails: ['the other side of a link > is cut when it asks, and never reads what is answered'],
  },
  {
    name: 'write-for-each-frame',
    guarantee: 'What one turn of the event loop says on a link goes out in one write (decision 0018).',
    file: STREAM_LINK,
    test: LINK_TEST,
    replace: 'setImmediate(flushLater, this);',
    by: 'queueMicrotask(() => flushLater(this));',
    fails: [
      'streams of one link > go out in one write for one turn of the event loop',
      'streams of one link > say what is put together for them in one frame',
    ],
  },
  {
    name: 'frame-for-each-piece',
    guarantee: 'What an HTTP connection says in one turn of the event loop is one frame (decision 0018).',
    file: 'sidecar/http/output.ts',
    test: LINK_TEST,
    replace: 'if (this.#socket.flushFirst === undefined)',
    by: 'if (this.#socket.flushFirst !== null)',
    fails: ['streams of one link > say what is put together for them in one frame'],
  },
  {
    name: 'unread-dropped',
    guarantee:
      'What has come of an answer is read, though its stream has ended or its link is gone (decision 0018).',
    file: LINK_STREAM,
    test: LINK_TEST,
    replace: 'if (!this.#own || !isUnread) this.#close();',
    by: 'if (isUnread || !isUnread) this.#close();',
    fails: [
      'the end of a stream > does not take away what has come and is not read yet, when it is ended and reset',
      'the end of a stream > does not take away what has come and is not read yet, when it is reset in the middle',
      'the end of a stream > does not take away what has come and is not read yet, when it is ended, and its link closed',
    ],
  },
  {
    name: 'drain-for-numbered-only',
    guarantee: 'Who waits for a link hears when it takes more (decision 0018).',
    file: STREAM_LINK,
    test: CREDIT_TEST,
    replace: 'for (const stream of [...this.#streams.values(), ...this.#fresh]) stream.linkDrained();',
    by: 'for (const stream of this.#streams.values()) stream.linkDrained();',
    fails: ['who waits for drain > hears of it on a stream that has said nothing yet'],
  },
];
