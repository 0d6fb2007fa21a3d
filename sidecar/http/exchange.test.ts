/** What may be sent again, and when: real connections, one exchange, upstreams that do as they are told. */
import net, { type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fault } from '../../mesh/model/fault.ts';
import { rawClient, type RawClient } from '../testing/raw-client.ts';
import { until } from '../testing/applications.ts';
import { HttpClientConnection } from './client-connection.ts';
import type { ExchangeSettings } from './exchange-plan.ts';
import { Exchange } from './exchange.ts';
import { HttpServerConnection } from './server-connection.ts';
import type { HttpTrial, Upstream } from './upstream.ts';

/** What an upstream does: nobody listens there, no connection comes up, it closes once it has the request, it says nothing, or it answers. */
type Does = 'refuses' | 'hangs' | 'closes' | 'is silent' | `HTTP/1.1 ${string}`;

interface TestUpstream extends Upstream {
  /** Requests that have come. */
  seen(): number;
  /** The tries here. */
  readonly trials: readonly HttpTrial[];
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const SETTINGS: ExchangeSettings = {
  ...{ perTryTimeoutMs: 10_000, requestTimeoutMs: 10_000, bodyIdleMs: 10_000 },
  ...{ maxTries: 3, replayBytes: 1_024 },
};

async function listen(serve: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

async function upstreamThat(does: Does): Promise<TestUpstream> {
  let seen = 0;
  const trials: HttpTrial[] = [];
  const port = await listen((socket) => {
    socket.on('data', () => {
      seen += 1;
      if (does === 'closes') socket.destroy();
      else if (does !== 'is silent') socket.write(does);
    });
  });
  const nothing = (): void => undefined;
  return {
    ...{ cluster: 'east', trials, seen: () => seen },
    acquire(trial) {
      trials.push(trial);
      if (does === 'refuses') return trial.refused(fault('connect_failed', 'endpoint', 'nobody listens'));
      if (does === 'hangs') return;
      const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.on('error', nothing);
      const connection = new HttpClientConnection(socket, { heard: nothing, free: nothing, closed: nothing });
      socket.once('connect', () => trial.connected(connection, false));
    },
    ...{ answered: nothing, refused: nothing, failed: nothing, cancelled: nothing, stale: nothing },
    ended: nothing,
  };
}

interface Scene {
  readonly client: RawClient;
  readonly upstreams: readonly TestUpstream[];
  /** Requests that each upstream has seen. */
  seen(): readonly number[];
}

/** A client whose request has gone to the first upstream; others are tried in their order. */
async function send(method: string, all: readonly Does[], budget = Infinity): Promise<Scene> {
  const upstreams = await Promise.all(all.map(upstreamThat));
  let left = budget;
  const port = await listen((socket) => {
    const nothing = (): void => undefined;
    const connection = new HttpServerConnection(
      socket.pause(),
      {
        request(client, request) {
          const exchange = new Exchange(client, {
            ...{ request, settings: SETTINGS, now: () => 0, adapt: (head) => head, ended: nothing },
            pick({ tried }) {
              const upstream = upstreams.find((one) => !tried.includes(one));
              return upstream === undefined ? { refused: 'no_endpoint' } : { upstream };
            },
            spendRetry: () => left-- > 0,
          });
          client.serve(exchange);
          exchange.start();
        },
        ...{ malformed: nothing, isDraining: () => false, closed: nothing },
      },
      { nowMs: 0, isSidecar: false },
    );
    connection.start();
  });
  const client = await rawClient({ host: '127.0.0.1', port });
  const body = method === 'GET' || method === 'DELETE' ? '' : 'content-length: 4\r\n\r\nbody';
  client.socket.write(`${method} / HTTP/1.1\r\nhost: cart.shop\r\n${body === '' ? '\r\n' : body}`);
  return { client, upstreams, seen: () => upstreams.map((one) => one.seen()) };
}

describe('a request that was sent and got no answer', () => {
  it.each(['GET', 'DELETE', 'PUT'])('is sent once more when it is a %s', async (method) => {
    const { client, seen } = await send(method, ['closes', OK]);
    await client.expect(/^HTTP\/1.1 200 /);
    expect(seen()).toEqual([1, 1]);
  });

  it.each(['POST', 'PATCH'])('is sent nowhere else when it is a %s', async (method) => {
    const { client, seen } = await send(method, ['closes', OK]);
    expect(await client.expect(/^HTTP\/1.1 \d{3} /)).toMatch(/^HTTP\/1.1 502 /);
    expect(seen()).toEqual([1, 0]);
  });

  it('is tried as often as the settings say', async () => {
    const { client, seen } = await send('GET', ['closes', 'closes', 'closes', OK]);
    expect(await client.expect(/^HTTP\/1.1 \d{3} /)).toMatch(/^HTTP\/1.1 502 /);
    expect(seen()).toEqual([1, 1, 1, 0]);
  });

  it('is not sent again when the budget is spent (F7)', async () => {
    const { client, seen } = await send('GET', ['closes', 'closes', OK], 1);
    expect(await client.expect(/^HTTP\/1.1 \d{3} /)).toMatch(/^HTTP\/1.1 503 .*\r\n.*retry_budget_exhausted/);
    expect(seen()).toEqual([1, 1, 0]);
  });
});

describe('a request that was not sent', () => {
  it.each(['GET', 'POST'])('goes elsewhere when it is a %s', async (method) => {
    const { client, seen } = await send(method, ['refuses', OK]);
    await client.expect(/^HTTP\/1.1 200 /);
    expect(seen()).toEqual([0, 1]);
  });
});

describe('a request at an upstream that falls silent', () => {
  it.each([
    ['GET', 1],
    ['POST', 0],
  ])('is hedged or not: %s is sent to %i others', async (method, others) => {
    const { client, upstreams, seen } = await send(method, ['is silent', OK]);
    await until('the first upstream has it', () => seen()[0] === 1);
    for (const trial of upstreams[0]?.trials ?? []) trial.moveAway(true);
    expect(upstreams[1]?.trials).toHaveLength(others);
    if (others > 0) await client.expect(/^HTTP\/1.1 200 /);
  });

  it('is hedged once, however often its upstream is said to be silent', async () => {
    const { upstreams, seen } = await send('GET', ['is silent', 'is silent', OK]);
    await until('the first upstream has it', () => seen()[0] === 1);
    const [trial] = upstreams[0]?.trials ?? [];
    trial?.moveAway(true);
    trial?.moveAway(true);
    expect(upstreams.map(({ trials }) => trials.length)).toEqual([1, 1, 0]);
  });
});

describe('a request that waits for a connection to an upstream that falls silent', () => {
  it('does not come back to it when the next one falls silent too, but when it has waited there for long', async () => {
    const { upstreams } = await send('GET', ['hangs', 'hangs']);
    const trialsOf = (): readonly number[] => upstreams.map(({ trials }) => trials.length);
    await until('it waits for the first', () => trialsOf()[0] === 1);
    upstreams[0]?.trials[0]?.moveAway(false);
    expect(trialsOf()).toEqual([1, 1]);
    expect(upstreams[1]?.trials[0]?.moveAway(false)).toBe(true);
    expect(trialsOf()).toEqual([1, 1]);
    upstreams[1]?.trials[0]?.moveAway(true);
    expect(trialsOf()).toEqual([2, 1]);
  });

  it('goes to a usable one though the budget is spent, when it has waited there for long', async () => {
    const { client, upstreams, seen } = await send('GET', ['hangs', OK], 0);
    await until('it waits for the first', () => upstreams[0]?.trials.length === 1);
    upstreams[0]?.trials[0]?.moveAway(true);
    await client.expect(/^HTTP\/1.1 200 /);
    expect(seen()).toEqual([0, 1]);
  });
});

describe('an answer', () => {
  it('of the application is passed on as it is, 503 too (F7)', async () => {
    const { client, seen } = await send('GET', ['HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n', OK]);
    expect(await client.expect(/^HTTP\/1.1 \d{3} /)).toMatch(/^HTTP\/1.1 503 Busy\r\n/);
    expect(seen()).toEqual([1, 0]);
  });

  it('of a proxy that the application was not reached sends a POST elsewhere, too', async () => {
    const unreached =
      'HTTP/1.1 503 X\r\nx-isthmus-reason: application_unreachable\r\ncontent-length: 0\r\n\r\n';
    const { client, seen } = await send('POST', [unreached, OK]);
    await client.expect(/^HTTP\/1.1 200 /);
    expect(seen()).toEqual([1, 1]);
  });
});
