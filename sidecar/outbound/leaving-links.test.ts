import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { CREDIT, frameHead, MAX_STREAMS, PING } from '../decide/stream-frames.ts';
import type { SocketPair } from '../streams/testing/link-pair.ts';
import { until } from '../testing/applications.ts';
import {
  answerFrom,
  askTimes,
  closed,
  connected,
  connectNow,
  dialAt,
  endAll,
  look,
  MAX_IDLE_MS,
  setup,
  type Setup,
} from './testing/dialled-links.ts';

afterEach(endAll);

/** So many streams, which have been asked something, of as many links as they should have. */
async function linksOf(streams: number, endpoints = 2): Promise<{ on: Setup; pairs: SocketPair[] }> {
  const on = setup('gateway', endpoints);
  const asking = askTimes(on, streams);
  const pairs = await answerFrom(on, 0);
  await asking;
  for (const stream of on.got) stream.write('asked', 'latin1');
  return { on, pairs };
}

/** The other end gives a sign of life. */
async function say(...pairs: (SocketPair | undefined)[]): Promise<void> {
  for (const pair of pairs) {
    if (pair === undefined) throw new Error('no such link');
    const before = pair.client.bytesRead;
    pair.server.write(frameHead({ kind: CREDIT, length: 1, stream: 1 }), 'latin1');
    await until('it is heard', () => pair.client.bytesRead > before);
  }
}

function leaving({ got }: Setup): (boolean | undefined)[] {
  return got.map(({ isLeaving }) => isLeaving);
}

describe('a link through a gateway', () => {
  it('is asked for a sign of life when what was sent on it is not answered at once', async () => {
    const { on, pairs } = await linksOf(2);
    const heard: Buffer[] = [];
    pairs[1]?.server.on('data', (bytes: Buffer) => heard.push(bytes));
    look(on, 0);
    look(on, 50);
    await until('it is asked', () => Buffer.concat(heard).includes(Buffer.from([PING, 0, 0, 0, 0, 0, 0, 0])));
  });

  it('is left when it has given none for two seconds while another one has', async () => {
    const { on, pairs } = await linksOf(2);
    look(on, 0);
    await say(pairs[0]);
    look(on, 2_000);
    expect(leaving(on)).toEqual([false, false]);
    look(on, 1);
    expect(leaving(on)).toEqual([false, true]);
    await on.connect();
    on.got[1]?.destroy();
    await until('it is closed with its stream', () => pairs[1]?.client.destroyed === true);
    expect(on.got[2]?.closed).toBe(false);
  });

  it('stays when none is heard: that is for the lane to judge', async () => {
    const { on } = await linksOf(2);
    for (let second = 0; second < 10; second++) look(on, 1_000);
    expect(leaving(on)).toEqual([false, false]);
  });

  it('stays when the others were heard only before it was asked', async () => {
    const { on, pairs } = await linksOf(2);
    look(on, 0);
    await say(...pairs);
    look(on, 1_000);
    on.got[1]?.write('asked again', 'latin1');
    look(on, 1);
    for (let seconds = 0; seconds < 5; seconds++) look(on, 1_000);
    expect(leaving(on)).toEqual([false, false]);
  });

  it('stays when it gives signs of life and no answer', async () => {
    const { on, pairs } = await linksOf(2);
    for (let seconds = 0; seconds < 5; seconds++) {
      look(on, 1_000);
      await say(...pairs);
    }
    look(on, 1_000);
    expect(leaving(on)).toEqual([false, false]);
  });

  it('has no successor at once when it was silent: the gateway may pick the same endpoint again', async () => {
    const { on, pairs } = await linksOf(2);
    look(on, 0);
    await say(pairs[0]);
    look(on, 2_001);
    expect(leaving(on)).toEqual([false, true]);
    await askTimes(on, 5);
    look(on, 4_999);
    expect(on.dials.length).toBe(2);
    look(on, 1);
    expect(on.dials.length).toBe(7);
  });

  it('is left after twelve seconds, once there is another one that has lasted for a second', async () => {
    const { on, pairs } = await linksOf(1, 1);
    look(on, 11_000);
    await say(pairs[0]);
    look(on, 999);
    expect(on.dials.length).toBe(1);
    look(on, 1);
    look(on, 1);
    expect([on.dials.length, on.got[0]?.isLeaving]).toEqual([2, false]);
    await connectNow(on);
    await answerFrom(on, 1);
    look(on, 999);
    expect(on.got[0]?.isLeaving).toBe(false);
    look(on, 1);
    expect(on.got[0]?.isLeaving).toBe(true);
    await connectNow(on);
    on.got[0]?.destroy();
    on.got[1]?.destroy();
    await until('it is closed with its last stream', () => pairs[0]?.client.destroyed === true);
    expect(on.got[2]?.closed).toBe(false);
  });

  it('stays when the other one ends at once, and is not replaced again at once', async () => {
    const { on, pairs } = await linksOf(1, 1);
    look(on, 11_000);
    await say(pairs[0]);
    look(on, 1_000);
    const [successor] = await answerFrom(on, 1);
    successor?.client.destroy();
    await nextTurn();
    look(on, 1_000);
    await say(pairs[0]);
    look(on, 4_999);
    expect([on.got[0]?.isLeaving, on.dials.length]).toEqual([false, 2]);
    look(on, 1);
    expect(on.dials.length).toBe(3);
  });

  it('is left up to five seconds later, as chance will have it', async () => {
    const on = setup('gateway', 1);
    on.random = 0.5;
    const pair = await connected(on, 1);
    on.got[0]?.write('asked', 'latin1');
    look(on, 14_000);
    await say(pair);
    look(on, 499);
    expect(on.dials.length).toBe(1);
    look(on, 1);
    expect(on.dials.length).toBe(2);
  });

  it('stays while another one cannot be had, which is tried again later', async () => {
    const { on, pairs } = await linksOf(1);
    look(on, 11_000);
    await say(pairs[0]);
    look(on, 1_000);
    dialAt(on, 1).refuse();
    await nextTurn();
    look(on, 4_999);
    expect([on.got[0]?.isLeaving, on.dials.length]).toEqual([false, 2]);
    look(on, 1);
    expect(on.dials.length).toBe(3);
  });

  it('is left in its time though another one was silent a moment ago', async () => {
    const { on, pairs } = await linksOf(2);
    look(on, 9_900);
    await say(pairs[0]);
    look(on, 2_001);
    expect(leaving(on)).toEqual([false, true]);
    look(on, 99);
    expect(on.dials.length).toBe(3);
  });

  it('stays while it is not heard', async () => {
    const { on, pairs } = await linksOf(1);
    look(on, 20_000);
    expect([on.got[0]?.isLeaving, on.dials.length]).toEqual([false, 1]);
    await say(pairs[0]);
    look(on, 1);
    expect(on.dials.length).toBe(2);
  });

  it('has no successor where there are too many', async () => {
    const { on, pairs } = await linksOf(2);
    on.endpoints = 1;
    look(on, 11_000);
    await say(...pairs);
    look(on, 1_000);
    expect([...leaving(on), on.dials.length]).toEqual([true, false, 2]);
    look(on, 1);
    expect(on.dials.length).toBe(3);
  });

  it('stays when one of the same age is left, though streams that closed with that are missing', async () => {
    const { on, pairs } = await linksOf(8);
    look(on, 11_000);
    await say(...pairs);
    look(on, 1_000);
    await answerFrom(on, 8);
    look(on, 1_000);
    on.got.filter(({ isLeaving }) => isLeaving === true).forEach((stream) => stream.destroy());
    await nextTurn();
    for (let more = 0; more < 5; more++) look(on, 50);
    expect([closed(on), ...leaving(on).filter((leaves) => leaves)]).toEqual([1, true]);
    expect(on.dials.length).toBe(10);
  });

  it('has a successor where streams need more links than there are endpoints', async () => {
    const { on, pairs } = await linksOf(MAX_STREAMS + 1, 1);
    expect(pairs.length).toBe(2);
    look(on, 11_000);
    await say(...pairs);
    look(on, 1_000);
    await answerFrom(on, 2);
    look(on, 1_000);
    look(on, 50);
    const left = leaving(on).filter((leaves) => leaves).length;
    expect([left, on.dials.length]).toEqual([MAX_STREAMS, 4]);
  });

  it('is one of three to be replaced at a time where there are seventeen', async () => {
    const { on, pairs } = await linksOf(68, 1_000);
    expect(pairs.length).toBe(17);
    look(on, 11_000);
    await say(...pairs);
    look(on, 1_000);
    for (let more = 0; more < 5; more++) look(on, 0);
    expect(on.dials.length).toBe(20);
    await answerFrom(on, 17);
    look(on, 1_000);
    on.got.filter(({ isLeaving }) => isLeaving === true).forEach((stream) => stream.destroy());
    await until('three are closed', () => pairs.filter(({ client }) => client.destroyed).length === 3);
  });

  it('stays though it has no stream, and is closed when it has had none for a minute', async () => {
    const { on, pairs } = await linksOf(1);
    on.got[0]?.destroy();
    look(on, 0);
    look(on, MAX_IDLE_MS);
    expect(pairs[0]?.client.writableEnded).toBe(false);
    look(on, 1);
    await until('it is closed', () => pairs[0]?.client.destroyed === true);
    expect(on.dials.length).toBe(1);
  });

  it('shares its streams with the others when it was there first and has got too many', async () => {
    const on = setup('gateway', 2);
    const first = await connected(on, 1);
    await askTimes(on, 39);
    await answerFrom(on, 1);
    look(on, 0);
    const dials = on.dials.length;
    expect([dials, closed(on)]).toEqual([9, 0]);
    await answerFrom(on, 8);
    look(on, 1_000);
    expect(new Set(leaving(on))).toEqual(new Set([true]));
    for (const stream of on.got) stream.destroy();
    await until('it is closed', () => first.client.destroyed);
    expect(on.dials.length).toBe(9);
  });

  it('to an endpoint directly is not left for its age', async () => {
    const on = setup('endpoint');
    const pair = await connected(on, 1);
    on.got[0]?.write('asked', 'latin1');
    look(on, 20_000);
    await say(pair);
    look(on, 1);
    expect([on.got[0]?.isLeaving, on.dials.length]).toEqual([false, 1]);
  });
});
