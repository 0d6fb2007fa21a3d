/** The one port that a cluster opens: what the gateway routes, bounds, passes on and drains. */
import type { Mutant } from '../mutant.ts';

const ROUTE_TABLE = {
  file: 'gateway/decide/route-table.ts',
  test: 'gateway/decide/route-table.test.ts',
} as const;
const SERVE_CONNECTION = {
  file: 'gateway/serve-connection.ts',
  test: 'gateway/hello-attacks.test.ts',
} as const;
const HALF_OPEN = { file: 'gateway/half-open.ts', test: 'gateway/half-open.test.ts' } as const;
const SOURCE_KEY = {
  file: 'gateway/decide/source-key.ts',
  test: 'gateway/decide/source-key.test.ts',
} as const;
const LISTENER = { file: 'gateway/listener.ts', test: 'gateway/hello-attacks.test.ts' } as const;
const REFUSAL_LOG = { file: 'gateway/refusal-log.ts', test: 'gateway/refusal-log.test.ts' } as const;
const PICK_ENDPOINT = {
  file: 'gateway/decide/pick-endpoint.ts',
  test: 'gateway/decide/pick-endpoint.test.ts',
} as const;
const ENDPOINT_LEDGER = {
  file: 'gateway/endpoint-ledger.ts',
  test: 'gateway/endpoint-ledger.test.ts',
} as const;
const SPLICE = { file: 'gateway/splice.ts', test: 'gateway/splice.test.ts' } as const;
const DRAIN = { file: 'gateway/drain.ts', test: 'gateway/drain.test.ts' } as const;
const UPSTREAM = { file: 'gateway/upstream.ts', test: 'gateway/upstream.test.ts' } as const;
const SPLICED_SET = { file: 'gateway/spliced-set.ts', test: 'gateway/spliced-set.test.ts' } as const;

export const GATEWAY: readonly Mutant[] = [
  {
    name: 'unexported-service-routed',
    guarantee: 'Only exported services have a route (S1).',
    ...ROUTE_TABLE,
    replace: 'if (!service.exported) continue;',
    by: '',
    fails: [
      'the route table > never holds a route of a service that is not exported, nor an endpoint that is not ready',
    ],
  },
  {
    name: 'unready-endpoint-routed',
    guarantee: 'Endpoints that are not ready get no connection (S1).',
    ...ROUTE_TABLE,
    replace: 'service.local.filter((endpoint) => endpoint.ready)',
    by: 'service.local.filter(() => true)',
    fails: [
      'the route table > holds each port of an exported service, ready endpoints of the own zone apart from others',
      'the route table > keeps a service without ready endpoints, so that the refusal can say so',
      'the route table > never holds a route of a service that is not exported, nor an endpoint that is not ready',
    ],
  },
  {
    name: 'doubled-route-served',
    guarantee: 'A route id that two ports claim is served by neither (S1).',
    ...ROUTE_TABLE,
    replace: 'if (claimed.has(routeId)) table.delete(routeId);\n      else table.set',
    by: 'table.set',
    fails: ['the route table > serves a route id that several services claim for none of them'],
  },
  {
    name: 'hello-deadline-relative',
    guarantee: 'The deadline of a hello runs from accept: what comes meanwhile does not move it (S5).',
    ...SERVE_CONNECTION,
    replace: "client.on('error', ignoreError);\n  context",
    by: "const again = () => (context.halfOpen.remove(waiting), context.halfOpen.add(waiting));\n  client.on('error', ignoreError).on('data', again);\n  context",
    fails: ['the deadline runs from accept, whatever comes meanwhile (S5)'],
  },
  {
    name: 'deadline-off',
    guarantee: 'What is not routed within its time is ended (S5).',
    ...HALF_OPEN,
    replace: "expel(waiting, 'hello_timeout'),",
    by: 'undefined,',
    fails: [
      'the pool of half-open connections > ends what is not routed 5 s after accept, whatever came meanwhile',
    ],
  },
  {
    name: 'source-cap-off-by-one',
    guarantee: 'One source has no more half-open connections than its cap (S5).',
    ...HALF_OPEN,
    replace: 'excess > 0',
    by: 'excess > 1',
    fails: [
      'the pool of half-open connections > over the cap of one source ends the oldest of that source only',
      'the pool of half-open connections > over the cap in all ends the oldest, so that a newcomer always gets in',
    ],
  },
  {
    name: 'newest-pushed-out',
    guarantee: 'At the cap the oldest connection goes, so that a newcomer gets in (S5).',
    ...HALF_OPEN,
    replace: 'expel(oldest, ',
    by: 'expel(all.items().at(-1) ?? oldest, ',
    fails: [
      'the pool of half-open connections > over the cap of one source ends the oldest of that source only',
      'the pool of half-open connections > over the cap in all ends the oldest, so that a newcomer always gets in',
    ],
  },
  {
    name: 'source-by-whole-address',
    guarantee: 'All addresses of an IPv6 /64 are one source (S5).',
    ...SOURCE_KEY,
    replace: '.slice(0, 4)',
    by: '',
    fails: [
      '2001:…',
      '::1 counts as 0:0:0:0::/64',
      'fe80::1%eth0 counts as fe80:0:0:0::/64',
      'addresses of one /64 count as one source, those of two as two',
    ],
  },
  {
    name: 'connection-cap-off-by-one',
    guarantee: 'A gateway has no more connections than its cap (S5).',
    ...LISTENER,
    replace: '< maxConnections)',
    by: '<= maxConnections)',
    fails: ['at the cap of all connections a new one is refused at once and counted'],
  },
  {
    name: 'refusals-flood-the-log',
    guarantee: 'Refused connections write a bounded number of lines (S34).',
    ...REFUSAL_LOG,
    replace: 'lines >= perSecond',
    by: 'false',
    fails: ['writes so many lines a second, and says how many it left out'],
  },
  {
    name: 'far-zone-first',
    guarantee: 'The own zone is used while one of its endpoints answers (F6).',
    ...PICK_ENDPOINT,
    replace: '[pools.near, pools.far]',
    by: '[pools.far, pools.near]',
    fails: [
      'the choice of an endpoint > the own zone first, however loaded',
      'the choice of an endpoint > a resting one of the own zone rather than of another',
      'the choice of an endpoint > takes one of the best class there is, and never the most loaded of three or more there',
    ],
  },
  {
    name: 'more-loaded-endpoint',
    guarantee: 'Of two endpoints the one with fewer connections is taken (F6).',
    ...PICK_ENDPOINT,
    replace: 'load.open(other) < load.open(one)',
    by: 'load.open(other) > load.open(one)',
    fails: [
      'the choice of an endpoint > the less loaded of two',
      'the choice of an endpoint > takes one of the best class there is, and never the most loaded of three or more there',
      'the choice of an endpoint > spreads evenly, within a few connections',
    ],
  },
  {
    name: 'refusing-endpoint-not-rested',
    guarantee: 'An endpoint that refuses is left alone for longer each time (F8).',
    ...ENDPOINT_LEDGER,
    replace: 'Math.min(2 * before,',
    by: 'Math.min(before,',
    fails: ['an endpoint that refuses rests, twice as long each time, up to the maximum, until it answers'],
  },
  {
    name: 'half-close-lost',
    guarantee: 'The end of one direction is passed on, and the other goes on (S9).',
    ...SPLICE,
    replace: "side.once('end', () => finish(other));",
    by: "side.once('end', () => other.destroy());",
    fails: [
      'half-close (S9) > of the client is passed on while the answer still comes, byte for byte',
      'half-close (S9) > of the endpoint is passed on while the client still sends',
      'the second of two half-closes > comes when the last of the answer is written, not before',
      'TLS > runs end to end through the gateway, which sees neither side in clear',
    ],
  },
  {
    name: 'end-with-hello-lost',
    guarantee: 'An end that comes together with the hello is passed on (S9).',
    ...SPLICE,
    replace: 'if (client.readableEnded) upstream.end();',
    by: '',
    fails: ['half-close (S9) > that comes with the hello in one go is passed on'],
  },
  {
    name: 'backpressure-ignored',
    guarantee: 'Little is held for a side that does not read (S4).',
    ...SPLICE,
    replace: 'if (!upstream.write(chunk)) client.pause();',
    by: 'upstream.write(chunk);',
    fails: ['what a splice never does > hold more than a little for an endpoint that does not read'],
  },
  {
    name: 'reset-becomes-clean-end',
    guarantee: 'A connection that was cut never looks like one that ended (S9).',
    ...SPLICE,
    replace: 'other.resetAndDestroy()',
    by: 'finish(other)',
    fails: [
      'what a splice never does > turn a reset into a clean end',
      'what a splice never does > leave the endpoint connected when the client is reset',
    ],
  },
  {
    name: 'dead-peers-kept',
    guarantee: 'A connection whose peer is gone without a word is noticed (F10).',
    file: 'gateway/serve-connection.ts',
    test: 'gateway/gateway.test.ts',
    replace: '      client.setKeepAlive(true, silentMs);\n',
    by: '',
    fails: ['a connection that lasts > has the kernel ask both peers whether they live (F10)'],
  },
  {
    name: 'drain-stops-accepting',
    guarantee: 'A gateway that drains goes on accepting until peers have heard of it (F11).',
    ...DRAIN,
    replace: 'clock.monotonic() + settings.acceptMs',
    by: 'clock.monotonic()',
    fails: [
      'a drain (F11) > loses no request of clients that follow the view, at a steady rate',
      'a drain (F11) > hands its port to a successor, and serves everyone who dials again once',
    ],
  },
  {
    name: 'stream-buffers-unbounded',
    guarantee: 'Clients that do not read hold 32 MB of the buffers of streams at most (decision 0007).',
    ...UPSTREAM,
    replace: 'if (lent === MOST_LENT) return undefined;\n',
    by: '',
    fails: ['the buffers of a gateway > are at most 32 MiB at one time, whatever does not come back'],
  },
  {
    name: 'stream-buffer-lost',
    guarantee: 'A stream that is over has given its buffer back (decision 0007).',
    ...UPSTREAM,
    replace: "this.socket.once('close', () => this.#letGo());",
    by: 'void this.#letGo.bind(this);',
    fails: [
      'the buffers of a gateway > are lent while reads fill them and writes need them, and come back when the connection is over',
    ],
  },
  {
    name: 'second-fin-cuts-the-answer',
    guarantee: 'A side whose last bytes are still to be written is not closed (S9).',
    ...SPLICE,
    replace: 'socket.readableEnded && socket.writableLength === 0',
    by: 'socket.readableEnded',
    fails: ['the second of two half-closes > comes when the last of the answer is written, not before'],
  },
  {
    name: 'closed-without-jitter',
    guarantee: 'What is left at the end of a drain is closed spread over time (F11).',
    ...SPLICED_SET,
    replace: 'startedAt + random.next() * spreadMs',
    by: 'startedAt',
    fails: ['closing what is left > is spread evenly over the time given'],
  },
  {
    name: 'busy-connection-closed',
    guarantee: 'A busy connection is closed when it is quiet, at the end of the spread at latest (F11).',
    ...SPLICED_SET,
    replace: ' && isQuiet(one)',
    by: '',
    fails: [
      'closing what is left > waits for a busy connection to be quiet, at most to the end',
      'closing what is left > ends where it is when told to stop',
    ],
  },
];
