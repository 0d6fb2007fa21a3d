/** The links between controllers: when they are made, kept, called stale and ended. */
import type { Mutant } from '../mutant.ts';

const RECONNECT = {
  file: 'federation/decide/reconnect.ts',
  test: 'federation/decide/link-rules.test.ts',
} as const;
const TOKEN_BUCKET = {
  file: 'federation/decide/token-bucket.ts',
  test: 'federation/decide/link-rules.test.ts',
} as const;
const SURVIVING_STREAM = {
  file: 'federation/decide/surviving-stream.ts',
  test: 'federation/decide/link-rules.test.ts',
} as const;
const HEARTBEAT = {
  file: 'federation/decide/heartbeat.ts',
  test: 'federation/decide/link-rules.test.ts',
} as const;
const HEARTBEAT_IN_EXCHANGE_MANAGER = {
  file: 'federation/decide/heartbeat.ts',
  test: 'federation/exchange/exchange-manager.test.ts',
} as const;
const PEER_LINK = {
  file: 'federation/exchange/peer-link.ts',
  test: 'federation/exchange/exchange-manager.test.ts',
} as const;
const EXCHANGE_MANAGER = {
  file: 'federation/exchange/exchange-manager.ts',
  test: 'federation/exchange/exchange-manager.test.ts',
} as const;
const PEER_LINK_IN_HOSTILE_PEER = {
  file: 'federation/exchange/peer-link.ts',
  test: 'federation/exchange/hostile-peer.test.ts',
} as const;
const CREDENTIALS = {
  file: 'mesh/adapters/grpc/credentials.ts',
  test: 'mesh/adapters/grpc/credentials.test.ts',
} as const;

export const LINKS: readonly Mutant[] = [
  {
    name: 'reconnect-without-jitter',
    guarantee: 'Reconnects are spread by full jitter (F5).',
    ...RECONNECT,
    replace: 'FLOOR_MS + jitter * (ceiling - FLOOR_MS)',
    by: 'ceiling',
    fails: ['the pause before a dial > after 3 failures (was up: false) is at most 2011 ms'],
  },
  {
    name: 'rate-without-burst-limit',
    guarantee: 'A rate lets no more through than its burst and its time (S30).',
    ...TOKEN_BUCKET,
    replace: 'Math.min(rate.burst, bucket.tokens + gained)',
    by: '(bucket.tokens + gained)',
    fails: ['a rate with a burst > never lets more through in any time than burst plus rate times time'],
  },
  {
    name: 'two-streams-disagree',
    guarantee: 'Both ends keep the same one of two streams (F21).',
    ...SURVIVING_STREAM,
    replace: 'newer.dialledBy <= older.dialledBy',
    by: 'newer.dialledBy < older.dialledBy',
    fails: [
      'of two streams between the same clusters > newer survives where a dialled the older and a the newer',
      'of two streams between the same clusters > newer survives where b dialled the older and b the newer',
    ],
  },
  {
    name: 'clock-note-off-by-one',
    guarantee: 'Clocks that are a minute apart are no fault (F15).',
    ...HEARTBEAT,
    replace: 'Math.abs(skew) <= SKEW_NOTE_MS',
    by: 'Math.abs(skew) < SKEW_NOTE_MS',
    fails: [
      'heartbeats > note a clock that is 60000 ms away: undefined',
      'heartbeats > note a clock that is -60000 ms away: undefined',
    ],
  },
  {
    name: 'silent-peer-called-up',
    guarantee: 'A link without a sign of life for 4 s is not called up (F21).',
    ...HEARTBEAT_IN_EXCHANGE_MANAGER,
    replace: 'SILENT_AFTER = 4',
    by: 'SILENT_AFTER = 40',
    fails: ['links > go stale, not empty, when nothing is heard for 4 s, also one way only (F21)'],
  },
  {
    name: 'lost-link-drops-catalog',
    guarantee: 'What a peer offered stays in use while its control link is down (F2, F19).',
    ...PEER_LINK,
    replace: "if (this.#link.state !== 'left') this.#setLink('stale',",
    by: "this.copy.clear();\n      this.#changed();\n      if (this.#link.state !== 'left') this.#setLink('stale',",
    fails: [
      'links > go stale, not empty, when nothing is heard for 4 s, also one way only (F21)',
      'links > know within 5 s of the heal what was deleted during a partition of a minute (F2)',
      'links > are made again at once when a controller restarts, and its catalog is used all the time',
      'links > do not come up with an old copy of a controller, unless an operator forgets the newer one (F20)',
      'a controller that does not know its own catalog yet > says nothing: an empty catalog would look like the loss of everything (F3)',
      'membership > ends with eviction, everywhere the bundle gets to, and is not taken up again',
      'a held snapshot (F3) > is told, leaves routes alone, and takes effect on confirmation',
    ],
  },
  {
    name: 'empty-catalog-told',
    guarantee: 'A controller says nothing before it knows its own catalog (F3).',
    ...EXCHANGE_MANAGER,
    replace: ' && this.#info !== undefined;',
    by: ';',
    fails: [
      'a controller that does not know its own catalog yet > says nothing: an empty catalog would look like the loss of everything (F3)',
    ],
  },
  {
    name: 'evicted-peer-kept',
    guarantee: 'An evicted peer has no link (S25).',
    ...EXCHANGE_MANAGER,
    replace: 'if (isGone) this.#drop(cluster, evictedFault(cluster));',
    by: 'if (isGone) void cluster;',
    fails: ['membership > ends with eviction, everywhere the bundle gets to, and is not taken up again'],
  },
  {
    name: 'streams-admitted-at-once',
    guarantee: 'Streams are admitted at a bounded rate after a restart (F5).',
    ...EXCHANGE_MANAGER,
    replace: 'const admitted = takeToken(this.#admission, ADMISSION, clock.monotonic());',
    by: 'const admitted = this.#admission;',
    fails: ['many at once > are admitted 20 a second, and all are up within a minute (F5)'],
  },
  {
    name: 'mute-streams-off-by-one',
    guarantee: 'A peer has four streams that say nothing, not five (S30).',
    ...PEER_LINK_IN_HOSTILE_PEER,
    replace: 'fresh.length >= MAX_NEW_STREAMS',
    by: 'fresh.length > MAX_NEW_STREAMS',
    fails: [
      'a noisy member (S30) > may open four streams without a word, not five, and none of them for long',
    ],
  },
  {
    name: 'abandoned-handshake-kept',
    guarantee: 'A channel that is closed leaves no handshake with a frozen peer behind (F25).',
    ...CREDENTIALS,
    replace: 'await secure(connected, signal)',
    by: 'await secure(connected, new AbortController().signal)',
    fails: [
      'a gRPC channel that is closed > leaves no connection to a peer that is frozen during the handshake (mesh)',
      'a gRPC channel that is closed > leaves no connection to a peer that is frozen during the handshake (anonymous)',
    ],
  },
  {
    name: 'closed-channel-keeps-its-socket',
    guarantee: 'A channel that is closed leaves no connection to a frozen peer behind (F25).',
    ...CREDENTIALS,
    replace: 'socket.setTimeout(LEAVE_MS, () => socket.destroy())',
    by: 'socket.setTimeout(0)',
    fails: [
      'a gRPC channel that is closed > leaves no connection to a peer that is frozen after the handshake',
    ],
  },
];
