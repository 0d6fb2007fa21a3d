/** What a sidecar lets in, sends on, keeps open and tries again. */
import type { Mutant } from '../mutant.ts';

const SERVER_CONNECTION = {
  file: 'sidecar/http/server-connection.ts',
  test: 'sidecar/reuse-and-upgrade.test.ts',
} as const;
const LIVE_LANE = {
  file: 'sidecar/outbound/live-lane.ts',
  test: 'sidecar/access-and-trust.test.ts',
} as const;
const OWN_HEADERS = { file: 'sidecar/decide/own-headers.ts', test: 'sidecar/inbound.test.ts' } as const;
const ANSWER_REQUEST = {
  file: 'sidecar/inbound/answer-request.ts',
  test: 'sidecar/inbound.test.ts',
} as const;
const INBOUND_REQUEST = {
  file: 'sidecar/inbound/inbound-request.ts',
  test: 'sidecar/inbound.test.ts',
} as const;
const SERVER_NAME = { file: 'sidecar/inbound/server-name.ts', test: 'sidecar/inbound.test.ts' } as const;
const TCP_INBOUND = { file: 'sidecar/inbound/tcp-inbound.ts', test: 'sidecar/inbound.test.ts' } as const;
const ANSWER_REQUEST_IN_ACCESS_AND_TRUST = {
  file: 'sidecar/inbound/answer-request.ts',
  test: 'sidecar/access-and-trust.test.ts',
} as const;
const ACCESS_GATE = {
  file: 'sidecar/inbound/access-gate.ts',
  test: 'sidecar/access-and-trust.test.ts',
} as const;
const CONNECTION_POOL = {
  file: 'sidecar/http/connection-pool.ts',
  test: 'sidecar/http/connection-pool.test.ts',
} as const;
const EXCHANGE = { file: 'sidecar/http/exchange.ts', test: 'sidecar/http-path.test.ts' } as const;
const CLIENT_CONNECTION = {
  file: 'sidecar/http/client-connection.ts',
  test: 'sidecar/reuse-and-upgrade.test.ts',
} as const;
const EXCHANGE_IN_EXCHANGE = {
  file: 'sidecar/http/exchange.ts',
  test: 'sidecar/http/exchange.test.ts',
} as const;
const HTTP_INBOUND = { file: 'sidecar/inbound/http-inbound.ts', test: 'sidecar/drain.test.ts' } as const;

export const SIDECAR: readonly Mutant[] = [
  {
    name: 'early-data-upgraded',
    guarantee: 'An upgrade is refused when the client sends on before the 101 (S9).',
    ...SERVER_CONNECTION,
    replace: 'if (inputLeft(this.#input) > 0) {\n      upstream.close();',
    by: 'if (false) {\n      upstream.close();',
    fails: ['upgrades > are refused when the client sends on before the 101 (S9)'],
  },
  {
    name: 'old-terms-reused',
    guarantee: 'No connection is used that was made with another certificate or bundle (S16).',
    ...LIVE_LANE,
    replace: 'if (this.#terms !== this.#currentTerms())',
    by: 'if (false)',
    fails: [
      'trust that changes > reuses no connection that was made with another certificate or bundle (S16)',
    ],
  },
  {
    name: 'identity-header-trusted',
    guarantee: 'The application is told who calls by TLS alone (S13).',
    ...OWN_HEADERS,
    replace: 'withoutHeaders(head.headers, isReservedHeader).concat(source)',
    by: 'head.headers.concat(source)',
    fails: [
      'the inbound listener > tells the application who calls from TLS alone, however the caller spells it (S13)',
    ],
  },
  {
    name: 'application-speaks-for-mesh',
    guarantee: 'An application cannot speak in the name of the mesh (S13).',
    ...INBOUND_REQUEST,
    replace: 'return withoutReservedAnswer(head);',
    by: 'return head;',
    fails: ['the inbound listener > hides what its application says in the name of the mesh'],
  },
  {
    name: 'host-of-another-service',
    guarantee: 'A Host that names another service does not reach the application (S7).',
    ...ANSWER_REQUEST,
    replace: 'named?.service !== port.service || named.port !== port.port',
    by: 'false',
    fails: ['the inbound listener > refuses a Host that names another service than its own (S7)'],
  },
  {
    name: 'name-of-another-domain',
    guarantee: 'A sidecar serves server names of its own trust domain only (S7).',
    ...SERVER_NAME,
    replace: 'serverName.endsWith(suffix) ?',
    by: 'serverName.length > suffix.length ?',
    fails: ['the inbound listener > closes connections whose server name is none of its routes'],
  },
  {
    name: 'probe-answered-for-dead-app',
    guarantee: 'A probe is answered for the application (F10).',
    ...TCP_INBOUND,
    replace: 'if (dialled.ok && socket.writable)',
    by: 'if (socket.writable)',
    fails: ['the inbound listener > answers probes for the application, not for itself'],
  },
  {
    name: 'denied-request-forwarded',
    guarantee: 'A denied request does not reach the application (S12).',
    ...ANSWER_REQUEST_IN_ACCESS_AND_TRUST,
    replace: 'if (!allow) return {',
    by: 'if (false) return {',
    fails: [
      'access policies > deny with 403 and a reason, and say so in log and metric',
      'access policies > close everything when they cannot be parsed',
    ],
  },
  {
    name: 'denied-connection-stays',
    guarantee: 'Open connections end when a policy comes to deny them (S12).',
    ...ACCESS_GATE,
    replace: 'if (was && !admission.verdict.allow) admission.close();',
    by: '',
    fails: [
      'access policies > close what is open when they come to deny it, and leave the rest alone (F12)',
      'access policies > cut TCP streams of a source that is denied',
    ],
  },
  {
    name: 'allowed-connection-cut',
    guarantee: 'A change of policy cuts nobody whom it does not deny (F12).',
    ...ACCESS_GATE,
    replace: 'if (was && !admission.verdict.allow)',
    by: 'if (was)',
    fails: ['access policies > close what is open when they come to deny it, and leave the rest alone (F12)'],
  },
  {
    name: 'waiting-off-by-one',
    guarantee: 'No more requests wait for a connection than the bound (S15).',
    ...CONNECTION_POOL,
    replace: 'this.#waiting.length >= this.#options.maxWaiting',
    by: 'this.#waiting.length > this.#options.maxWaiting',
    fails: ['a pool of connections > bounds connections and waiting, and says so'],
  },
  {
    name: 'retired-connection-reused',
    guarantee: 'A retired pool uses no connection again (S16).',
    ...CONNECTION_POOL,
    replace: 'return this.#retired || isLeaving === true;',
    by: 'return isLeaving === true;',
    fails: [
      'a pool of connections > reuses nothing once it is retired: idle ones close now, busy ones when they are free',
    ],
  },
  {
    name: 'oldest-connection-first',
    guarantee: 'The youngest connection is used, so that spare ones go (S15).',
    ...CONNECTION_POOL,
    replace: 'this.#idle.pop()',
    by: 'this.#idle.shift()',
    fails: ['a pool of connections > uses the youngest, and closes what has been idle for too long'],
  },
  {
    name: 'dials-unbounded',
    guarantee: 'A few connections are dialled at a time (F5).',
    ...CONNECTION_POOL,
    replace: 'Math.min(this.#waiting.length, maxDials)',
    by: 'this.#waiting.length',
    fails: ['a pool of connections > dials a few at a time, and serves all who wait with what comes of it'],
  },
  {
    name: 'answer-not-held-back',
    guarantee: 'Little is held for a client that does not read (S15).',
    ...EXCHANGE,
    replace: 'if (!this.#client.write(chunk)) this.#winner?.connection?.pause();',
    by: 'this.#client.write(chunk);',
    fails: ['HTTP through two sidecars > holds little for a client that does not read (S15)'],
  },
  {
    name: 'answer-out-of-turn-kept',
    guarantee: 'An answer that nobody asked for meets no later request (S16).',
    ...CLIENT_CONNECTION,
    replace: "if (this.#state === 'idle') return this.close();",
    by: "if (this.#state === 'idle') return addInput(this.#input, chunk);",
    fails: ['the pool > never delivers an answer that nobody asked for (S16)'],
  },
  {
    name: 'post-sent-again',
    guarantee: 'A POST that was sent is sent nowhere else (F7).',
    ...EXCHANGE_IN_EXCHANGE,
    replace: 'IDEMPOTENT.has(this.#plan.request.method) && ',
    by: '',
    fails: [
      'a request that was sent and got no answer > is sent nowhere else when it is a POST',
      'a request that was sent and got no answer > is sent nowhere else when it is a PATCH',
      'a request at an upstream that falls silent > is hedged or not: POST is sent to 0 others',
    ],
  },
  {
    name: 'post-hedged',
    guarantee: 'A POST is never at two upstreams at once (F7).',
    ...EXCHANGE_IN_EXCHANGE,
    replace: 'if (attempt.sent && !(this.#canResend() && this.#body.isComplete)) return true;',
    by: '',
    fails: ['a request at an upstream that falls silent > is hedged or not: POST is sent to 0 others'],
  },
  {
    name: 'retries-cost-nothing',
    guarantee: 'A retry costs the budget (F7).',
    ...EXCHANGE_IN_EXCHANGE,
    replace: 'if (!this.#plan.spendRetry(false)) return this.#refuse',
    by: 'if (false) return this.#refuse',
    fails: ['a request that was sent and got no answer > is not sent again when the budget is spent (F7)'],
  },
  {
    name: 'tries-unbounded',
    guarantee: 'A request is tried a bounded number of times (F7).',
    ...EXCHANGE_IN_EXCHANGE,
    replace: 'if (!may || this.#tried.length >= this.#plan.settings.maxTries) return this.#refuse(reason);',
    by: 'if (!may) return this.#refuse(reason);',
    fails: ['a request that was sent and got no answer > is tried as often as the settings say'],
  },
  {
    name: 'busy-answer-retried',
    guarantee: 'An answer of the application is passed on, 503 too (F7).',
    ...EXCHANGE_IN_EXCHANGE,
    replace: 'UNSEEN.has(reason) ? this.#body.canReplay : ',
    by: 'UNSEEN.has(reason) || head.status === 503 ? this.#body.canReplay : ',
    fails: ['an answer > of the application is passed on as it is, 503 too (F7)'],
  },
  {
    name: 'drain-asks-nobody-to-close',
    guarantee: 'A sidecar that drains asks its callers to close (F11).',
    ...HTTP_INBOUND,
    replace: 'isDraining: () => draining',
    by: 'isDraining: () => false',
    fails: [
      'a sidecar that drains goes on serving, asks callers to close, and is done when nothing is under way',
    ],
  },
  {
    name: 'drain-forgets-requests',
    guarantee: 'A sidecar that drains waits for requests under way (F11).',
    ...HTTP_INBOUND,
    replace: 'busy: () => connections.exchanges',
    by: 'busy: () => 0',
    fails: [
      'a sidecar that drains goes on serving, asks callers to close, and is done when nothing is under way',
    ],
  },
];
