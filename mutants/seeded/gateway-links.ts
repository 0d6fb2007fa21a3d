/** How many links there are through a gateway, and which of them gets a stream. */
import type { Mutant } from '../mutant.ts';

const LINKS = {
  file: 'sidecar/decide/links-wanted.ts',
  test: 'sidecar/decide/links-wanted.test.ts',
} as const;
const GATEWAY = {
  file: 'sidecar/outbound/shared-links.ts',
  test: 'sidecar/outbound/gateway-links.test.ts',
} as const;
const LANE = { file: 'sidecar/outbound/lane.ts', test: 'sidecar/gateway-connections.test.ts' } as const;

export const GATEWAY_LINKS: readonly Mutant[] = [
  {
    name: 'few-links-few-endpoints',
    guarantee: 'A gateway has links enough that few of a few endpoints are left out (decision 0018).',
    ...LINKS,
    replace: 'LINKS_PER_ENDPOINT * endpoints',
    by: 'endpoints',
    fails: [
      'links through a gateway > are four for each of a few endpoints',
      'links through a gateway > are sixteen where streams are few for the endpoints',
      'links through a gateway > are at most four for each endpoint…',
    ],
  },
  {
    name: 'many-streams-few-links',
    guarantee: 'Many streams are spread over more endpoints than a few are (decision 0018).',
    ...LINKS,
    replace: 'Math.max(WELL_SPREAD, Math.ceil(streams / STREAMS_PER_LINK))',
    by: 'WELL_SPREAD',
    fails: ['links through a gateway > are one for four of many streams'],
  },
  {
    name: 'links-without-room',
    guarantee: 'There are links enough to have room for all streams (decision 0018).',
    ...LINKS,
    replace: 'Math.ceil(streams / MAX_STREAMS)',
    by: 'Math.min(streams, 1)',
    fails: [
      'links through a gateway > are as many as have room for all streams',
      'links through a gateway > are at most as many as have room for all streams',
    ],
  },
  {
    name: 'endpoints-untold',
    guarantee: 'A lane through a gateway knows how many endpoints it leads to (decision 0018).',
    ...LANE,
    replace: "kind === 'gateway' ? behindGateways : 1",
    by: '1',
    fails: [
      'requests through a gateway > share four connections for each endpoint, and reach all of them alike',
    ],
  },
  {
    name: 'one-turn',
    guarantee: 'Links take turns (decision 0018).',
    ...GATEWAY,
    replace: '(this.#turn + 1) % this.#held.length',
    by: '0',
    fails: [
      'connections through a gateway > to two endpoints are streams of eight, dialled at once and used alike',
      'connections through a gateway > get a link for each until…',
      'connections through a gateway > keep a link that is full, for when it has room again',
    ],
  },
  {
    name: 'more-waited-for',
    guarantee: 'Who can have a stream at once waits for no other link (decision 0018).',
    ...GATEWAY,
    replace: 'const held = this.#next();',
    by: 'const held = this.#lacksLinks(1) ? undefined : this.#next();',
    fails: [
      'connections through a gateway > wait for no more links…',
      'connections through a gateway > get a link for each until…',
      'connections through a gateway > have few of their links dialled…',
      'connections through a gateway > are those that are there when…',
      'connections through a gateway > get no other link at once…',
      'connections through a gateway > leave all links for…',
    ],
  },
  {
    name: 'full-link-lost',
    guarantee: 'A link that is full is used again when it has room (decision 0018).',
    ...GATEWAY,
    replace: 'filter(({ link }) => link.isLeaving)',
    by: 'filter(({ link }) => !link.hasRoom)',
    fails: ['connections through a gateway > keep a link that is full, for when it has room again'],
  },
  {
    name: 'links-dialled-at-once',
    guarantee: 'Few links are dialled at a time (F7).',
    ...GATEWAY,
    replace: 'this.#dialling.length < this.#parts.maxDials && ',
    by: '',
    fails: ['connections through a gateway > have few of their links dialled at a time, and all in the end'],
  },
  {
    name: 'links-forgotten',
    guarantee: 'Links that could not be had are dialled later (decision 0018).',
    ...GATEWAY,
    replace: 'this.#moveOn(nowMs);\n    this.#dialMore();',
    by: 'this.#moveOn(nowMs);',
    fails: [
      'connections through a gateway > get a link for each until…',
      'connections through a gateway > have few of their links dialled…',
      'connections through a gateway > are those that are there when…',
      'connections through a gateway > get no other link at once for one whose…',
    ],
  },
  {
    name: 'failed-link-missed',
    guarantee: 'A link that cannot be had beside others is not dialled again and again (F7).',
    ...GATEWAY,
    replace: 'if (this.#linkOf(made) === undefined) this.#noMoreUntil',
    by: 'if (this.#linkOf(made) === undefined) this.#noReplacingUntil',
    fails: ['connections through a gateway > are those that are there when…'],
  },
  {
    name: 'short-link-missed',
    guarantee: 'An endpoint that ends each link at once is not dialled again and again (F7).',
    ...GATEWAY,
    replace: 'held.ageMs(nowMs) < SHORT_MS',
    by: 'held.ageMs(nowMs) < 0',
    fails: [
      'connections through a gateway > get no other link at once for one whose endpoint is about to end',
    ],
  },
  {
    name: 'old-version-starved',
    guarantee: 'Endpoints that know no streams get their part beside those that do (decision 0018).',
    ...GATEWAY,
    replace: '      this.renew();\n      return',
    by: '      return',
    fails: [
      'connections through a gateway > leave all links for connections of their own when another endpoint knows no streams',
    ],
  },
  {
    name: 'alone-for-ever',
    guarantee: 'Streams are asked for again some time after an endpoint that knew none (decision 0018).',
    ...GATEWAY,
    replace: 'nowMs + ALONE_MS',
    by: 'Infinity',
    fails: [
      'connections through a gateway > are connections of their own for a minute where an endpoint knows no streams',
    ],
  },
];
