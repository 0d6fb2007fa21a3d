/** Who shares a connection, when another one is dialled, and what a peer on it may ask of a sidecar. */
import type { Mutant } from '../mutant.ts';

const SHARED_LINKS = {
  file: 'sidecar/outbound/shared-links.ts',
  test: 'sidecar/outbound/shared-links.test.ts',
} as const;
const STREAM_LINKS = {
  file: 'sidecar/inbound/stream-links.ts',
  test: 'sidecar/shared-connections.test.ts',
} as const;

export const SHARED_CONNECTIONS: readonly Mutant[] = [
  {
    name: 'dialled-by-each',
    guarantee: 'A link is dialled once, however many ask at once (decision 0018).',
    ...SHARED_LINKS,
    replace: 'const dialling = least ?? this.#dial();',
    by: 'const dialling = this.#dial();',
    fails: [
      'connections to an endpoint > are streams of one that is dialled once, however many ask at once',
      'connections to an endpoint > are connections of their own where the sidecar there knows no streams…',
      'connections to an endpoint > are refused all together when the dial fails…',
      'connections to an endpoint > get a second link when the first is full',
      'connections to an endpoint > get a second link at once when more ask than the first has room for',
      'a link of a pool that takes no more requests > is dialled for those who wait, and not kept',
      'a link of a pool that takes no more requests > is not left open when the sidecar has stopped meanwhile',
    ],
  },
  {
    name: 'hanging-dial-shared',
    guarantee:
      'A dial that hangs since before a silence is not waited for by later requests (decision 0018).',
    ...SHARED_LINKS,
    replace: 'this.#dialling = [];',
    by: '',
    fails: ['a renewed link > is not waited for: a dial that hangs is left to those who wait for it'],
  },
  {
    name: 'lost-path-kept',
    guarantee: 'What has fallen silent is not used for new requests once it is suspect (F3).',
    file: 'sidecar/outbound/live-lane.ts',
    test: 'sidecar/shared-connections.test.ts',
    replace: '    this.#pool?.closeIdle();\n    this.#links?.renew();',
    by: '    this.#pool?.closeIdle();',
    fails: [
      'requests from one sidecar to another > go on another connection once the path of theirs is lost',
    ],
  },
  {
    name: 'rapid-reset',
    guarantee: 'Streams that are opened and reset, again and again, are slowed down (S14).',
    ...STREAM_LINKS,
    replace: 'if (open.openings < 0) link.hold();',
    by: 'if (open.openings < 0) link.goOn();',
    fails: ['a peer that shares a connection > opens only so many streams a second, and loses none of them'],
  },
  {
    name: 'clients-by-streams',
    guarantee: 'Streams count among the clients that a sidecar may have (S14).',
    ...STREAM_LINKS,
    replace: 'http.clients() < settings.maxClients',
    by: 'http.clients() >= 0',
    fails: ['a peer that shares a connection > has streams over the limit of clients reset, and counted'],
  },
  {
    name: 'drain-unsaid',
    guarantee: 'A sidecar that drains asks its callers for no more streams (decision 0018).',
    ...STREAM_LINKS,
    replace: 'for (const { link } of links.items()) link.goAway();',
    by: '',
    fails: ['a peer that shares a connection > is asked for no more streams while the other sidecar drains…'],
  },
  {
    name: 'late-caller-untold',
    guarantee: 'Who calls a sidecar that drains already is asked for no more streams too (decision 0018).',
    ...STREAM_LINKS,
    replace: 'if (draining) link.goAway();',
    by: '',
    fails: ['a peer that shares a connection > is asked for no more streams while the other sidecar drains…'],
  },
  {
    name: 'empty-link-kept',
    guarantee: 'A link without streams is closed in the end (S5).',
    ...STREAM_LINKS,
    replace: 'else if (nowMs - open.usedAt > settings.clientIdleMs)',
    by: 'else if (nowMs < 0)',
    fails: [
      'a peer that shares a connection > is closed when it has had no stream for as long as a client may be idle',
    ],
  },
  {
    name: 'broken-frames-uncounted',
    guarantee: 'A peer that breaks the rules of frames is counted (S14).',
    ...STREAM_LINKS,
    replace: "violated: () => metrics.refusals({ reason: 'frame_invalid' }).add(),",
    by: 'violated: () => undefined,',
    fails: [
      'a peer that shares a connection > is cut when it breaks the rules, which is counted, and others are not',
    ],
  },
  {
    name: 'old-link-as-new',
    guarantee: 'A stream of a link that has been silent says nothing of its endpoint when it fails (F1).',
    ...SHARED_LINKS,
    replace: 'held.unheardMs(this.#now()) > OLD_AFTER_MS',
    by: 'false',
    fails: [
      'a stream of a link that was there before > may turn out to be closed, unless the link was heard a moment ago',
    ],
  },
  {
    name: 'retired-link-kept',
    guarantee: 'A pool that takes no more requests leaves no link open (S16).',
    ...SHARED_LINKS,
    replace: 'isCurrent && !this.#retired',
    by: 'isCurrent',
    fails: ['a link of a pool that takes no more requests > is dialled for those who wait, and not kept'],
  },
  {
    name: 'link-after-stop',
    guarantee: 'A sidecar that has stopped leaves no link open (decision 0018).',
    ...SHARED_LINKS,
    replace: 'if (this.#stopped) dialled.socket.destroy();',
    by: 'if (this.#stopped) dialled.socket.pause();',
    fails: [
      'a link of a pool that takes no more requests > is not left open when the sidecar has stopped meanwhile',
    ],
  },
  {
    name: 'dial-fails-many',
    guarantee: 'One connection that fails is one failure of its endpoint, however many wait for it (F1).',
    file: 'sidecar/outbound/live-lane.ts',
    test: 'sidecar/shared-connections.test.ts',
    replace: 'if (fault === this.#lastRefusal) return',
    by: "if (fault.code === 'not_found') return",
    fails: [
      'requests from one sidecar to another > count as one failure of the endpoint when the one connection for all of them fails',
    ],
  },
  {
    name: 'requests-pile-up',
    guarantee: 'Of what a client sends ahead of the answers, little is taken (S10).',
    file: 'sidecar/http/server-connection.ts',
    test: 'sidecar/shared-connections.test.ts',
    replace: 'this.#answered = false;\n    this.#read();',
    by: 'this.#answered = false;\n    this.#socket.resume();\n    this.#read();',
    fails: ['a peer that shares a connection > does not have what it sends ahead of the answers pile up'],
  },
  {
    name: 'stopped-before-sent',
    guarantee: 'A sidecar that drains has sent its answers before it stops (F6).',
    file: 'sidecar/inbound/http-inbound.ts',
    test: 'sidecar/shared-connections.test.ts',
    replace: 'connections.exchanges + connections.unsent()',
    by: 'connections.exchanges',
    fails: [
      'a peer that shares a connection > has its answer whole, though it reads late and the other sidecar stops meanwhile',
    ],
  },
  {
    name: 'last-answer-cut',
    guarantee: 'The last answer of a connection waits for a slow reader as any other does (decision 0018).',
    file: 'sidecar/http/server-connection.ts',
    test: 'sidecar/http/server-connection.test.ts',
    replace: '(unsent > 0 ? bodyIdleMs : LINGER_MS)',
    by: 'Math.min(bodyIdleMs, LINGER_MS)',
    fails: [
      'a connection whose last answer is not read yet > waits as long as for any body that does not move, and counts as unsent',
      'a connection whose last answer is not read yet > waits anew while some of it moves',
    ],
  },
];
