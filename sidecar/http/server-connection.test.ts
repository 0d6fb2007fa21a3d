import { afterEach, describe, expect, it } from 'vitest';
import type { LinkStream } from '../streams/link-stream.ts';
import { linkPair, type LinkPair } from '../streams/testing/link-pair.ts';
import { until } from '../testing/applications.ts';
import type { ResponseHead } from '../decide/http1/head.ts';
import { HttpServerConnection } from './server-connection.ts';

let pair: LinkPair;
afterEach(() => pair.end());

const TIMES = { headTimeoutMs: 10_000, clientIdleMs: 90_000, bodyIdleMs: 60_000 };
const ANSWER = Buffer.alloc(1024 * 1024, 'a');

interface Answered {
  readonly connection: HttpServerConnection;
  readonly here: LinkStream;
  readonly there: LinkStream;
}

/** Has answered its last request with more than is under way at once, to a client that does not read. */
async function answered(): Promise<Answered> {
  pair = await linkPair();
  const here = pair.from.open();
  here.pause();
  here.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n', 'latin1');
  await until('it is open', () => pair.opened.length === 1);
  const [there] = pair.opened as [LinkStream];
  const head: ResponseHead = {
    ...{ status: 200, reason: 'OK', version: '1.1', headers: [], keepAlive: false, upgrade: undefined },
    ...{ framing: { kind: 'length', length: ANSWER.length }, contentLength: ANSWER.length },
  };
  let done = false;
  const connection = new HttpServerConnection(
    there,
    {
      request(client) {
        client.respond(head);
        client.write(ANSWER);
        client.finish();
        done = true;
      },
      ...{ malformed: () => undefined, isDraining: () => true, closed: () => undefined },
    },
    { nowMs: 0, isSidecar: true },
  );
  connection.start();
  await until('it is answered', () => done);
  return { connection, here, there };
}

describe('a connection whose last answer is not read yet', () => {
  it('waits as long as for any body that does not move, and counts as unsent', async () => {
    const { connection, there } = await answered();
    for (const nowMs of [1_000, 7_000, 60_000]) connection.tick(nowMs, TIMES);
    expect([connection.isUnsent, there.destroyed]).toEqual([true, false]);
    connection.tick(62_000, TIMES);
    expect(there.destroyed).toBe(true);
  });

  it('waits anew while some of it moves', async () => {
    const { connection, here, there } = await answered();
    await until('what may be under way is', () => pair.client.bytesRead > 64 * 1024);
    connection.tick(1_000, TIMES);
    const before = there.writableLength;
    here.on('data', () => here.pause());
    here.resume();
    await until('some of it has moved', () => there.writableLength < before);
    expect(there.writableLength).toBeGreaterThan(0);
    connection.tick(50_000, TIMES);
    connection.tick(100_000, TIMES);
    expect(there.destroyed).toBe(false);
  });
});
