import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import { CREDIT, frameHead, MAX_STREAMS } from '../decide/stream-frames.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import type { SocketPair } from '../streams/testing/link-pair.ts';
import { until } from '../testing/applications.ts';
import { ALPN_HTTP, ALPN_STREAMS } from './dial-lane.ts';
import { connected, dialAt, endAll, setup, type Setup } from './testing/dialled-links.ts';

afterEach(endAll);

describe('connections through a gateway', () => {
  const askTimes = (on: Setup, count: number): Promise<Result<ByteStream, Fault>[]> =>
    Promise.all(Array.from({ length: count }, () => on.connect()));
  const closed = (on: Setup): number => on.got.filter((stream) => stream.closed).length;
  const answerAll = (on: Setup): Promise<SocketPair[]> =>
    Promise.all(on.dials.map(({ answer }) => answer(ALPN_STREAMS)));

  it('to one endpoint are streams of one, as without a gateway', async () => {
    const on = setup('gateway', 1);
    await connected(on, 20);
    await on.connect();
    expect([on.dials.length, on.got.length]).toEqual([1, 21]);
  });

  it('to two endpoints are streams of eight, dialled at once and used alike', async () => {
    const on = setup('gateway', 2);
    const asking = askTimes(on, 24);
    expect(on.dials.length).toBe(8);
    const pairs = await answerAll(on);
    await asking;
    await askTimes(on, 16);
    expect(on.dials.length).toBe(8);
    for (const [at, pair] of pairs.entries()) {
      pair.client.destroy();
      await until('an eighth of the streams is gone', () => closed(on) === 5 * (at + 1));
    }
  });

  it('get another link for each until there are enough, though those that are there have room', async () => {
    const on = setup('gateway', 2);
    for (let links = 1; links <= 8; links++) await connected(on, 1);
    await on.connect();
    expect(on.dials.length).toBe(8);
    on.endpoints = 3;
    await connected(on, 1);
  });

  it('are streams of one where no endpoint is known', async () => {
    const on = setup('gateway', 0);
    await connected(on, 40);
    await on.connect();
    expect(on.dials.length).toBe(1);
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
    expect((await on.connect()).ok).toBe(true);
    dialAt(on, 1).refuse();
    await nextTurn();
    await on.connect();
    expect([on.dials.length, on.got.length]).toEqual([2, 3]);
    on.clock.advance(10_000);
    await on.connect();
    expect(on.dials.length).toBe(3);
  });

  it('are refused when none can be had', async () => {
    const on = setup('gateway', 2);
    const asking = on.connect();
    dialAt(on, 0).refuse();
    expect((await asking).ok).toBe(false);
  });

  /** Two links with a stream each; the second is given as its other end. */
  async function two(): Promise<{ on: Setup; first: SocketPair; second: SocketPair }> {
    const on = setup('gateway', 2);
    const asking = askTimes(on, 2);
    const [first, second] = (await answerAll(on)) as [SocketPair, SocketPair];
    await asking;
    for (const stream of on.got) stream.write('asked', 'latin1');
    return { on, first, second };
  }

  const look = (on: Setup, afterMs: number): void => {
    on.clock.advance(afterMs);
    on.shared.sweep(on.clock.monotonic());
  };
  const say = async ({ client, server }: SocketPair, stream: number): Promise<void> => {
    const before = client.bytesRead;
    server.write(frameHead({ kind: CREDIT, length: 1, stream }), 'latin1');
    await until('it is heard', () => client.bytesRead > before);
  };

  it('leave a link that has not answered for two seconds while another one has', async () => {
    const { on, first, second } = await two();
    look(on, 0);
    look(on, 1_000);
    await say(first, 1);
    look(on, 1_000);
    expect(on.got[1]?.isLeaving).toBe(false);
    look(on, 1);
    expect(on.got.map(({ isLeaving }) => isLeaving)).toEqual([false, true]);
    await on.connect();
    on.got[1]?.destroy();
    await until('it is closed with its stream', () => second.client.destroyed);
    expect(on.got[2]?.closed).toBe(false);
  });

  it('are as patient with a silent link as their lane is', async () => {
    const { on, first } = await two();
    on.patienceMs = 5_000;
    look(on, 0);
    look(on, 1_000);
    await say(first, 1);
    look(on, 4_000);
    expect(on.got[1]?.isLeaving).toBe(false);
    look(on, 1);
    expect(on.got[1]?.isLeaving).toBe(true);
  });

  it('stay when no link is heard: that is for the lane to judge', async () => {
    const { on } = await two();
    for (let second = 0; second < 10; second++) look(on, 1_000);
    expect(on.got.map(({ isLeaving }) => isLeaving)).toEqual([false, false]);
  });

  it('stay when the others were heard only before it was asked', async () => {
    const { on, first, second } = await two();
    look(on, 0);
    await Promise.all([say(first, 1), say(second, 1)]);
    look(on, 1_000);
    on.got[1]?.write('asked again', 'latin1');
    look(on, 1);
    for (let seconds = 0; seconds < 5; seconds++) look(on, 1_000);
    expect(on.got.map(({ isLeaving }) => isLeaving)).toEqual([false, false]);
  });

  it('get no other link at once for one that was silent: the gateway may pick the same endpoint again', async () => {
    const { on, first } = await two();
    look(on, 0);
    await say(first, 1);
    look(on, 2_001);
    expect(on.got[1]?.isLeaving).toBe(true);
    await askTimes(on, 5);
    expect(on.dials.length).toBe(2);
    on.clock.advance(10_000);
    await on.connect();
    expect(on.dials.length).toBe(3);
  });

  it('move on after twelve seconds, once there is another link', async () => {
    const on = setup('gateway', 1);
    const old = await connected(on, 1);
    on.got[0]?.write('asked', 'latin1');
    look(on, 11_000);
    await say(old, 1);
    look(on, 999);
    expect(on.dials.length).toBe(1);
    look(on, 1);
    look(on, 1);
    expect([on.dials.length, on.got[0]?.isLeaving]).toEqual([2, false]);
    await on.connect();
    await dialAt(on, 1).answer(ALPN_STREAMS);
    await until('it leaves', () => on.got[0]?.isLeaving === true);
    await on.connect();
    on.got[0]?.destroy();
    on.got[1]?.destroy();
    await until('the old one is closed', () => old.client.destroyed);
    expect(on.got[2]?.closed).toBe(false);
  });

  it('stay where they are while another link cannot be had', async () => {
    const on = setup('gateway', 1);
    const old = await connected(on, 1);
    on.got[0]?.write('asked', 'latin1');
    look(on, 11_000);
    await say(old, 1);
    look(on, 1_000);
    dialAt(on, 1).refuse();
    await nextTurn();
    await say(old, 1);
    look(on, 9_999);
    expect([on.got[0]?.isLeaving, on.dials.length]).toEqual([false, 2]);
    look(on, 1);
    expect(on.dials.length).toBe(3);
  });

  it('do not move on while theirs is not heard, and it stays', async () => {
    const on = setup('gateway', 1);
    const pair = await connected(on, 1);
    on.got[0]?.write('asked', 'latin1');
    look(on, 20_000);
    expect([on.got[0]?.isLeaving, on.dials.length]).toEqual([false, 1]);
    await say(pair, 1);
    look(on, 1);
    expect(on.dials.length).toBe(2);
  });

  it('move on to no other link where there are too many', async () => {
    const { on, first, second } = await two();
    on.endpoints = 1;
    look(on, 11_000);
    await Promise.all([say(first, 1), say(second, 1)]);
    look(on, 1_000);
    expect([...on.got.map(({ isLeaving }) => isLeaving), on.dials.length]).toEqual([true, false, 2]);
    look(on, 1);
    expect(on.dials.length).toBe(3);
  });

  it('do not move on while their lane is in doubt', async () => {
    const on = setup('gateway', 1);
    const pair = await connected(on, 1);
    on.got[0]?.write('asked', 'latin1');
    on.isUsable = false;
    look(on, 11_000);
    await say(pair, 1);
    look(on, 2_000);
    expect([on.got[0]?.isLeaving, on.dials.length]).toEqual([false, 1]);
    on.isUsable = true;
    look(on, 1);
    expect(on.dials.length).toBe(2);
  });

  it('leave all links for connections of their own when another endpoint knows no streams', async () => {
    const on = setup('gateway', 2);
    await connected(on, 1);
    await on.connect();
    const { client } = await dialAt(on, 1).answer(ALPN_HTTP);
    await until('the links are left', () => on.got[0]?.isLeaving === true);
    expect(client.destroyed).toBe(true);
    const next = on.connect();
    await dialAt(on, 2).answer(ALPN_HTTP);
    await next;
    expect([on.dials[2]?.alpn, on.got[1]?.closed]).toEqual([[ALPN_HTTP], false]);
  });

  it('are connections of their own for a minute where an endpoint knows no streams', async () => {
    const on = setup('gateway', 1);
    const first = on.connect();
    await dialAt(on, 0).answer(ALPN_HTTP);
    await first;
    void on.connect();
    on.clock.advance(60_000);
    void on.connect();
    expect(on.dials.map(({ alpn }) => alpn)).toEqual([
      [ALPN_STREAMS, ALPN_HTTP],
      [ALPN_HTTP],
      [ALPN_STREAMS, ALPN_HTTP],
    ]);
  });
});
