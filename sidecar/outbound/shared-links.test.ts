import { afterEach, describe, expect, it } from 'vitest';
import { CREDIT, frameHead, GOAWAY, MAX_STREAMS } from '../decide/stream-frames.ts';
import { until } from '../testing/applications.ts';
import { ALPN_HTTP, ALPN_STREAMS } from './dial-lane.ts';
import { connected, dialAt, endAll, MAX_IDLE_MS, setup } from './testing/dialled-links.ts';

afterEach(endAll);

describe('connections to an endpoint', () => {
  it('are streams of one that is dialled once, however many ask at once', async () => {
    const on = setup();
    await connected(on, 20);
    await on.connect();
    expect([on.dials.length, on.got.length, new Set(on.got).size]).toEqual([1, 21, 21]);
    expect(on.dials[0]?.alpn).toEqual([ALPN_STREAMS, ALPN_HTTP]);
  });

  it('are connections of their own where the sidecar there knows no streams, and it is not asked again soon', async () => {
    const on = setup();
    const connecting = [on.connect(), on.connect(), on.connect()];
    expect(on.dials.length).toBe(1);
    const first = await dialAt(on, 0).answer(ALPN_HTTP);
    await until('the others dial', () => on.dials.length === 3);
    const others = [await dialAt(on, 1).answer(ALPN_HTTP), await dialAt(on, 2).answer(ALPN_HTTP)];
    await Promise.all(connecting);
    expect(new Set(on.got)).toEqual(new Set([first, ...others].map(({ client }) => client)));
    expect(on.dials.slice(1).map(({ alpn }) => alpn)).toEqual([[ALPN_HTTP], [ALPN_HTTP]]);
  });

  it('are refused all together when the dial fails, and dialled anew by who asks then', async () => {
    const on = setup();
    const connecting = [on.connect(), on.connect()];
    expect(on.dials.length).toBe(1);
    dialAt(on, 0).refuse();
    expect((await Promise.all(connecting)).map(({ ok: good }) => good)).toEqual([false, false]);
    await connected(on, 1);
    expect(on.dials.length).toBe(2);
  });

  it('get a second link when the first is full', async () => {
    const on = setup();
    await connected(on, MAX_STREAMS);
    await connected(on, 1);
    expect([on.dials.length, on.got.length]).toEqual([2, MAX_STREAMS + 1]);
  });

  it('get a second link at once when more ask than the first has room for', async () => {
    const on = setup();
    const connecting = Array.from({ length: MAX_STREAMS + 1 }, () => on.connect());
    expect(on.dials.length).toBe(2);
    await Promise.all([dialAt(on, 0).answer(ALPN_STREAMS), dialAt(on, 1).answer(ALPN_STREAMS)]);
    await Promise.all(connecting);
    expect(on.got.length).toBe(MAX_STREAMS + 1);
  });

  it('get another link when the sidecar there asks for no more streams on theirs', async () => {
    const on = setup();
    const pair = await connected(on, 1);
    pair.server.write(frameHead({ kind: GOAWAY, length: 0, stream: 0 }), 'latin1');
    await until('it is heard', () => pair.client.bytesRead > 0);
    await connected(on, 1);
    expect([on.dials.length, on.got[0]?.destroyed]).toEqual([2, false]);
    on.got[0]?.destroy();
    await until('the first is closed with its last stream', () => pair.client.destroyed);
  });

  it('get another link when theirs has died', async () => {
    const on = setup();
    const pair = await connected(on, 1);
    pair.client.destroy();
    await until('its stream is closed', () => on.got[0]?.closed === true);
    await connected(on, 1);
    expect(on.dials.length).toBe(2);
  });
});

describe('a stream of a link that was there before', () => {
  it('may turn out to be closed, unless the link was heard a moment ago', async () => {
    const on = setup();
    const pair = await connected(on, 1);
    await on.connect();
    on.clock.advance(5_000);
    await on.connect();
    pair.server.write(frameHead({ kind: CREDIT, length: 1, stream: 1 }), 'latin1');
    on.got[0]?.write(Buffer.from('numbered'));
    await until('it is heard', () => pair.client.bytesRead > 0);
    on.shared.sweep(on.clock.monotonic());
    await on.connect();
    expect(on.reused).toEqual([false, false, true, false]);
  });
});

describe('a link of a pool that takes no more requests', () => {
  it('is dialled for those who wait, and not kept', async () => {
    const on = setup();
    on.shared.retire();
    const connecting = [on.connect(), on.connect()];
    expect(on.dials.length).toBe(1);
    const pair = await dialAt(on, 0).answer(ALPN_STREAMS);
    expect((await Promise.all(connecting)).map(({ ok: good }) => good)).toEqual([true, true]);
    for (const stream of on.got) stream.destroy();
    await until('it is closed with the last of them', () => pair.client.destroyed);
    expect(on.dials.length).toBe(1);
  });

  it('is not left open when the sidecar has stopped meanwhile', async () => {
    const on = setup();
    const connecting = [on.connect(), on.connect()];
    expect(on.dials.length).toBe(1);
    on.shared.stop();
    const pair = await dialAt(on, 0).answer(ALPN_STREAMS);
    await Promise.all(connecting);
    await until('it is closed', () => pair.client.destroyed);
    expect([on.dials.length, await on.connect()]).toMatchObject([
      1,
      { ok: false, error: { code: 'draining' } },
    ]);
  });
});

describe('a renewed link', () => {
  it('is not used for what comes after, and closes with the last of its streams', async () => {
    const on = setup();
    const old = await connected(on, 1);
    on.shared.renew();
    await connected(on, 1);
    expect([on.dials.length, old.client.destroyed]).toEqual([2, false]);
    on.got[0]?.destroy();
    await until('it is closed', () => old.client.destroyed);
    expect(on.got[1]?.destroyed).toBe(false);
  });

  it('is not waited for: a dial that hangs is left to those who wait for it', async () => {
    const on = setup();
    const hanging = on.connect();
    on.shared.renew();
    await connected(on, 1);
    expect(on.dials.length).toBe(2);
    const late = await dialAt(on, 0).answer(ALPN_STREAMS);
    expect((await hanging).ok).toBe(true);
    // Who has waited uses it; nobody else does.
    await on.connect();
    on.got[1]?.destroy();
    await until('it is closed with that stream', () => late.client.destroyed);
    expect(on.got[2]?.destroyed).toBe(false);
  });

  it('is what one becomes that has had no stream for long', async () => {
    const on = setup();
    const pair = await connected(on, 1);
    on.clock.advance(2 * MAX_IDLE_MS);
    on.shared.sweep(on.clock.monotonic());
    expect(pair.client.writableEnded).toBe(false);
    on.got[0]?.destroy();
    on.clock.advance(MAX_IDLE_MS);
    on.shared.sweep(on.clock.monotonic());
    expect(pair.client.writableEnded).toBe(false);
    on.clock.advance(1);
    on.shared.sweep(on.clock.monotonic());
    await until('it is closed', () => pair.client.destroyed);
  });
});
