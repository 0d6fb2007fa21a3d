import { afterEach, describe, expect, it } from 'vitest';
import { INITIAL_CREDIT, MAX_CREDIT } from '../decide/stream-frames.ts';
import { until } from '../testing/applications.ts';
import type { LinkStream } from './link-stream.ts';
import { bytes, hear, linkPair, openStream, type LinkPair } from './testing/link-pair.ts';

let pair: LinkPair;
afterEach(() => {
  pair.end();
  expect(pair.violations).toEqual([]);
});

/** A stream that has said `first`, and its other end. */
function stream(first?: string): Promise<readonly [LinkStream, LinkStream]> {
  return openStream(pair, first);
}

describe('a stream that nobody reads', () => {
  it('is sent one window, and stops no other', async () => {
    pair = await linkPair();
    const [full, unread] = await stream();
    expect(full.write(bytes(1_000_000))).toBe(false);
    const [, other] = await stream('past it');
    const heard = hear(other);
    await until('the other is read', () => heard.text() === 'past it');
    expect(unread.readableEnded).toBe(false);
    // All that was written before it has come; the heads of frames are on top.
    expect(pair.server.bytesRead).toBeGreaterThan(INITIAL_CREDIT);
    expect(pair.server.bytesRead).toBeLessThan(INITIAL_CREDIT + 1_000);
  });

  it('is sent all of it, in order, when it is read, and its writer hears that it may go on', async () => {
    pair = await linkPair();
    const [full, unread] = await stream();
    const writer = hear(full);
    const all = bytes(1_000_000);
    full.write(all);
    const heard = hear(unread);
    await until('all has come', () => heard.length() > all.length);
    expect(heard.text()).toBe(`.${all.toString('latin1')}`);
    await until('drain', () => writer.events.includes('drain'));
  });

  it('passes an empty piece over, though others wait before it', async () => {
    pair = await linkPair();
    const [full, unread] = await stream();
    full.write(bytes(2 * INITIAL_CREDIT));
    full.write(Buffer.alloc(0));
    full.write('tail', 'latin1');
    expect(full.writableLength).toBeGreaterThan(INITIAL_CREDIT);
    const heard = hear(unread);
    await until('all has come', () => heard.text().endsWith('tail'));
    await until('all has left', () => full.writableLength === 0);
  });

  it('hears nothing within resume itself', async () => {
    pair = await linkPair();
    const [, there] = await stream('now?');
    let within = true;
    const when: boolean[] = [];
    there.on('data', () => void when.push(within));
    there.resume();
    within = false;
    await until('it is read', () => when.length > 0);
    expect(when).toEqual([false]);
  });
});

describe('what is written without credit', () => {
  it('waits, small as it is', async () => {
    pair = await linkPair();
    const [here, there] = await stream();
    for (let left = INITIAL_CREDIT; left > 0; left -= 1_024) here.write(Buffer.alloc(1_024));
    expect([here.write('over', 'latin1'), here.writableNeedDrain]).toEqual([false, true]);
    const heard = hear(there);
    await until('all has come', () => heard.length() === 1 + INITIAL_CREDIT + 4);
    expect(heard.text().endsWith('over')).toBe(true);
  });
});

describe('who waits for drain', () => {
  it('hears of it on a stream that has said nothing yet', async () => {
    pair = await linkPair();
    pair.to.hold();
    const filling = Array.from({ length: 200 }, () => pair.from.open());
    const silent = pair.from.open();
    const heard = hear(silent);
    for (const one of filling) one.write(Buffer.alloc(60_000));
    expect(silent.writableNeedDrain).toBe(true);
    pair.to.goOn();
    await until('drain', () => heard.events.includes('drain'));
    expect(silent.writableNeedDrain).toBe(false);
  });
});

describe('what may be under way on a stream', () => {
  /** Sends `length` bytes that are read at once, then what fits while nobody reads; answers how much that was. */
  async function fill(length: number): Promise<number> {
    const [here, there] = await stream();
    const heard = hear(there);
    here.write(Buffer.alloc(length));
    await until('it is read', () => heard.length() > length);
    there.pause();
    const before = pair.server.bytesRead;
    here.write(Buffer.alloc(2 * MAX_CREDIT));
    const [, other] = await stream();
    const past = hear(other);
    await until('what was written before it has come', () => past.text() === '.');
    return pair.server.bytesRead - before;
  }

  it('doubles with each window that is read at once, up to the most', async () => {
    pair = await linkPair();
    expect(await fill(10)).toBeLessThan(INITIAL_CREDIT + 1_000);
    const some = await fill(3 * INITIAL_CREDIT);
    expect(some).toBeGreaterThan(2 * INITIAL_CREDIT);
    const most = await fill(10 * MAX_CREDIT);
    expect(most).toBeGreaterThan(MAX_CREDIT / 2);
    expect(most).toBeLessThan(MAX_CREDIT + 10_000);
  });

  it('does not grow when the sidecar has nothing to spare, and grows again when another stream has closed', async () => {
    pair = await linkPair();
    const takeAll = (): number => {
      let taken = 0;
      for (let part = 2 * MAX_CREDIT; part >= 1; part /= 2) while (pair.spare.take(part)) taken += part;
      return taken;
    };
    const held = takeAll();
    expect(await fill(10 * INITIAL_CREDIT)).toBeLessThan(INITIAL_CREDIT + 1_000);
    pair.spare.giveBack(held);
    expect(await fill(10 * INITIAL_CREDIT)).toBeGreaterThan(2 * INITIAL_CREDIT);
    for (const one of pair.opened) one.destroy();
    expect(takeAll()).toBe(held);
  });
});
