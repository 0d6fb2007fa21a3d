import type { Mutant } from '../mutant.ts';

const TEST = 'sidecar/silence.test.ts';
const ALL_SILENT =
  'silence of all endpoints > loses nothing once one of them is heard again, though requests went to the others meanwhile';

/** What is done about requests at a target that has fallen silent, and what is not taken for silence. */
export const SILENCE: readonly Mutant[] = [
  {
    name: 'own-stall-taken-for-silence',
    guarantee: 'A sidecar that got no processor does not take that for the silence of others (F10).',
    ...{ file: 'sidecar/ticker.ts', test: 'sidecar/ticker.test.ts' },
    replace: 'leftOut = !leftOut && now - last > LATE * periodMs;',
    by: 'leftOut = false;',
    fails: ['the ticker > leaves out a tick that comes late, and no two in a row'],
  },
  {
    name: 'late-at-suspect-left-there',
    guarantee: 'What is sent to a suspect for want of anything better goes elsewhere too when it can (F10).',
    ...{ file: 'sidecar/outbound/lane-health.ts', test: TEST },
    replace: 'return nowMs - FALSE_ALARM_MS;',
    by: 'return nowMs - Infinity;',
    fails: [ALL_SILENT],
  },
  {
    name: 'hedged-to-suspect',
    guarantee: 'Who waits for long at a suspect is hedged only to what is usable (F7).',
    ...{ file: 'sidecar/outbound/port-route.ts', test: 'sidecar/outbound/port-route.test.ts' },
    replace: '(wish.onlyUsable !== true || lane.finding().usable)',
    by: 'true',
    fails: [
      'the way to a service of which nothing is usable > is not taken by one that waits elsewhere already (F7)',
    ],
  },
  {
    name: 'hedged-twice',
    guarantee: 'A request has one hedge, however long its upstream is silent (F7).',
    ...{ file: 'sidecar/http/exchange.ts', test: 'sidecar/http/exchange.test.ts' },
    replace: ' || this.#open.at(-1) !== attempt)',
    by: ')',
    fails: [
      'a request at an upstream that falls silent > is hedged once, however often its upstream is said to be silent',
    ],
  },
  {
    name: 'hung-dials-hold-places',
    guarantee: 'Dials that hang at a silent target fail nobody who comes after them (F10).',
    ...{ file: 'sidecar/http/connection-pool.ts', test: 'sidecar/http/connection-pool.test.ts' },
    replace: 'this.#era += 1;',
    by: '',
    fails: [
      'a pool of connections > starts over: dials that hang neither hold places nor fail who comes after them',
    ],
  },
  {
    name: 'refusal-speaks-for-all-gateways',
    guarantee: 'What one gateway behind a load balancer refuses is dialled again (F1).',
    ...{ file: 'sidecar/outbound/connect-tcp.ts', test: 'sidecar/outbound/connect-tcp.test.ts' },
    replace: 'const GATEWAY_TRIES = 4;',
    by: 'const GATEWAY_TRIES = 1;',
    fails: [
      'the connection below a lane > is tried again at the address of a gateway, which may stand for several',
    ],
  },
  {
    name: 'waiting-elsewhere-costs-budget',
    guarantee:
      'Who has waited for a connection for long goes to what is usable though the retry budget is spent (F7).',
    ...{ file: 'sidecar/http/exchange.ts', test: 'sidecar/http/exchange.test.ts' },
    replace: '(isFree || this.#plan.spendRetry(true))',
    by: 'this.#plan.spendRetry(true)',
    fails: [
      'a request that waits for a connection to an upstream that falls silent > goes to a usable one though the budget is spent, when it has waited there for long',
    ],
  },
  {
    name: 'to-and-fro-between-suspects',
    guarantee: 'Who waits for a connection is not sent to and fro between suspects (F7).',
    ...{ file: 'sidecar/http/exchange.ts', test: 'sidecar/http/exchange.test.ts' },
    replace: 'onlyUsable ? this.#asked(attempt) : this.#tried',
    by: 'this.#asked(attempt)',
    fails: [
      'a request that waits for a connection to an upstream that falls silent > does not come back to it when the next one falls silent too, but when it has waited there for long',
    ],
  },
];
