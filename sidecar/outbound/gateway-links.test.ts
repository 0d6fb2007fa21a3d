import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { frameHead, GOAWAY, MAX_STREAMS } from '../decide/stream-frames.ts';
import { until } from '../testing/applications.ts';
import { ALPN_HTTP, ALPN_STREAMS } from './dial-lane.ts';
import {
  answerFrom,
  askTimes,
  closed,
  connected,
  connectNow,
  dialAt,
  endAll,
  look,
  MAX_DIALS,
  setup,
} from './testing/dialled-links.ts';

afterEach(endAll);

describe('connections through a gateway', () => {
  it('to one endpoint are streams of one, as without a gateway', async () => {
    const on = setup('gateway', 1);
    await connected(on, 20);
    await on.connect();
    expect([on.dials.length, on.got.length]).toEqual([1, 21]);
  });

  it('are streams of one where no endpoint is known', async () => {
    const on = setup('gateway', 0);
    await connected(on, 40);
    await on.connect();
    expect(on.dials.length).toBe(1);
  });

  it('to two endpoints are streams of eight, dialled at once and used alike', async () => {
    const on = setup('gateway', 2);
    const asking = askTimes(on, 24);
    expect(on.dials.length).toBe(8);
    const pairs = await answerFrom(on, 0);
    await asking;
    await askTimes(on, 16);
    expect(on.dials.length).toBe(8);
    for (const [at, pair] of pairs.entries()) {
      pair.client.destroy();
      await until('an eighth of the streams is gone', () => closed(on) === 5 * (at + 1));
    }
  });

  it('wait for no more links where those that are there have room', async () => {
    const on = setup('gateway', 2);
    await connected(on, 1);
    await connectNow(on);
    expect([on.got.length, on.dials.length]).toEqual([2, 2]);
  });

  it('get a link for each until there are enough, and more when there are more endpoints', async () => {
    const on = setup('gateway', 2);
    await connected(on, 1);
    for (let streams = 2; streams <= 8; streams++) {
      await connectNow(on);
      expect(on.dials.length).toBe(streams);
      await dialAt(on, streams - 1).answer(ALPN_STREAMS);
    }
    await askTimes(on, 2);
    look(on, 0);
    expect(on.dials.length).toBe(8);
    on.endpoints = 3;
    look(on, 0);
    expect(on.dials.length).toBe(10);
  });

  it('have few of their links dialled at a time, and all in the end', async () => {
    const on = setup('gateway', 1_000);
    await connected(on, 1);
    void askTimes(on, 63);
    await nextTurn();
    expect(on.dials.length).toBe(1 + MAX_DIALS);
    await answerFrom(on, 1);
    look(on, 0);
    expect(on.dials.length).toBe(16);
  });

  it('keep a link that is full, for when it has room again', async () => {
    const on = setup('gateway', 1);
    const full = await connected(on, MAX_STREAMS);
    await connected(on, 1);
    expect(on.got.filter(({ isLeaving }) => isLeaving)).toEqual([]);
    on.got.slice(0, MAX_STREAMS - 1).forEach((stream) => stream.destroy());
    await askTimes(on, 2);
    expect(on.dials.length).toBe(2);
    full.client.destroy();
    await until('one of them was on it', () => closed(on) === MAX_STREAMS + 1);
  });

  it('are those that are there when one more cannot be had, which is not asked for again at once', async () => {
    const on = setup('gateway', 2);
    await connected(on, 1);
    await connectNow(on);
    dialAt(on, 1).refuse();
    await nextTurn();
    await connectNow(on);
    look(on, 4_999);
    expect([on.dials.length, on.got.length]).toEqual([2, 3]);
    look(on, 1);
    expect(on.dials.length).toBe(4);
  });

  it('get no other link at once for one whose endpoint is about to end', async () => {
    const on = setup('gateway', 2);
    await connected(on, 1);
    await connectNow(on);
    const { server, client } = await dialAt(on, 1).answer(ALPN_STREAMS);
    on.clock.advance(999);
    server.write(frameHead({ kind: GOAWAY, length: 0, stream: 0 }), 'latin1');
    await until('it is heard', () => client.destroyed);
    await connectNow(on);
    look(on, 4_999);
    expect(on.dials.length).toBe(2);
    look(on, 1);
    expect(on.dials.length).toBe(4);
  });

  it('are refused when none can be had', async () => {
    const on = setup('gateway', 2);
    const asking = on.connect();
    dialAt(on, 0).refuse();
    expect((await asking).ok).toBe(false);
  });

  it('are connections of their own for a minute where an endpoint knows no streams', async () => {
    const on = setup('gateway', 1);
    const first = on.connect();
    await dialAt(on, 0).answer(ALPN_HTTP);
    await first;
    void on.connect();
    on.clock.advance(59_999);
    void on.connect();
    on.clock.advance(1);
    void on.connect();
    expect(on.dials.map(({ alpn }) => alpn)).toEqual([
      [ALPN_STREAMS, ALPN_HTTP],
      [ALPN_HTTP],
      [ALPN_HTTP],
      [ALPN_STREAMS, ALPN_HTTP],
    ]);
  });

  it('leave all links for connections of their own when another endpoint knows no streams', async () => {
    const on = setup('gateway', 2);
    await connected(on, 1);
    await connectNow(on);
    const { client } = await dialAt(on, 1).answer(ALPN_HTTP);
    await until('the links are left', () => on.got[0]?.isLeaving === true);
    expect(client.destroyed).toBe(true);
    const next = on.connect();
    await dialAt(on, 2).answer(ALPN_HTTP);
    await next;
    expect([on.dials[2]?.alpn, on.got[1]?.closed]).toEqual([[ALPN_HTTP], false]);
  });
});
