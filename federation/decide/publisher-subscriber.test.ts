import { describe, expect, it } from 'vitest';
import { exported, servicesOf } from './testing/exported-services.ts';
import type { ExportedService } from '../../mesh/model/catalog.ts';
import type { CatalogFrame, Position } from '../../mesh/model/exchange-frame.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import { emptyLog, MAX_TOMBSTONES, record, type CatalogLog } from './catalog-log.ts';
import { cursorFor, digestFrame, nextFrame, type Cursor } from './publisher.ts';
import { QUOTAS } from './quotas.ts';
import {
  beginStream,
  confirmHold,
  createSubscriber,
  receive,
  resumePosition,
  visibleServices,
  type Reaction,
  type Subscriber,
} from './subscriber.ts';

const peer = 'west' as ClusterName;
type Services = ReadonlyMap<ServiceKey, ExportedService>;

function logOf(epoch: number, ...states: readonly Services[]): CatalogLog {
  return states.reduce(record, emptyLog(epoch));
}

/** Everything that the publisher has to say to who holds `resume`. */
function framesFor(log: CatalogLog, resume?: Position): CatalogFrame[] {
  const frames: CatalogFrame[] = [];
  let cursor: Cursor = cursorFor(log, resume);
  for (let next = nextFrame(log, cursor); next !== undefined; next = nextFrame(log, cursor)) {
    frames.push(next.frame as CatalogFrame);
    cursor = next.cursor;
  }
  return frames;
}

/** A stream that says Hello and then these frames. */
function stream(to: Subscriber, log: CatalogLog, frames: readonly CatalogFrame[], nowMs = 0): Reaction[] {
  const begun = beginStream(to, log.position);
  return begun.ok ? frames.map((frame) => receive(to, frame, nowMs)) : [];
}

function follow(to: Subscriber, log: CatalogLog, nowMs = 0): Reaction[] {
  return stream(to, log, framesFor(log, resumePosition(to)), nowMs);
}

function subscriberWith(log: CatalogLog): Subscriber {
  const subscriber = createSubscriber(peer, QUOTAS);
  follow(subscriber, log);
  return subscriber;
}
const names = (subscriber: Subscriber): string[] =>
  [...visibleServices(subscriber).keys()].map((key) => key.slice('shop/'.length)).sort();
const codes = (reactions: readonly Reaction[]): string[] =>
  reactions.flatMap(({ refused }) => refused.map(({ code }) => code));
const asks = (reactions: readonly Reaction[]): boolean =>
  reactions.some(({ send }) => send.some(({ kind }) => kind === 'resync'));

const SIX = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('a catalog that is followed', () => {
  it('comes as a snapshot first, then as steps', () => {
    const first = logOf(1, servicesOf(['a', 'b']));
    const subscriber = subscriberWith(first);
    const second = record(first, servicesOf(['b', 'c']));
    const frames = framesFor(second, resumePosition(subscriber));
    expect(frames.map(({ kind }) => kind)).toEqual(['upsert', 'tombstone']);
    stream(subscriber, second, frames);
    expect(names(subscriber)).toEqual(['b', 'c']);
  });

  it('comes with all that an entry may say', () => {
    const host = 'shop/cart-0.west.cart' as ServiceKey;
    const full: Required<ExportedService> = {
      ...{ ...exported(host), plain: true, labels: { team: 'shop' }, annotations: { note: 'a' } },
      traits: { type: 'Headless', ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
      podSlices: [
        { ports: [{ name: '', protocol: 'TCP', port: 80 }], pods: [{ address: '10.1.0.7', ready: true }] },
      ],
      sidecar: { address: '10.1.0.7', port: 15_008 },
    };
    const subscriber = subscriberWith(logOf(1, new Map([[host, full]])));
    expect(visibleServices(subscriber).get(host)).toEqual(full);
  });

  it('says nothing new when nothing changed, and only the last of many changes', () => {
    const log = logOf(1, servicesOf(['a']));
    expect(record(log, servicesOf(['a']))).toBe(log);
    const busy = logOf(1, servicesOf(['a'], 0), servicesOf(['a'], 1), servicesOf(['a'], 2));
    expect(framesFor(busy, { epoch: 1, version: 1 })).toHaveLength(1);
  });

  it('starts over with a snapshot when tombstones were forgotten or the epoch is another', () => {
    const many = servicesOf(Array.from({ length: MAX_TOMBSTONES + 2 }, (_, i) => `s${i}`));
    const log = logOf(1, many, servicesOf(['x']));
    expect(log.steps.length).toBeLessThanOrEqual(MAX_TOMBSTONES + 1);
    expect(framesFor(log, { epoch: 1, version: 1 })[0]?.kind).toBe('snapshotBegin');
    expect(framesFor(log, { epoch: 2, version: 1 })[0]?.kind).toBe('snapshotBegin');
    expect(framesFor(log, log.position)).toEqual([]);
  });

  it('loses nothing when the peer dies at any frame of a snapshot (F2)', () => {
    const before = logOf(1, servicesOf(SIX));
    const frames = framesFor(logOf(2, servicesOf(['a'])));
    for (let cut = 0; cut < frames.length; cut++) {
      const subscriber = subscriberWith(before);
      stream(subscriber, logOf(2, servicesOf(['a'])), frames.slice(0, cut));
      expect(names(subscriber)).toEqual(SIX);
    }
  });

  it('loses a service deleted while the link was down with the next stream (F2)', () => {
    const before = logOf(1, servicesOf(SIX));
    const subscriber = subscriberWith(before);
    follow(subscriber, record(before, servicesOf(SIX.slice(1))));
    expect(names(subscriber)).toEqual(SIX.slice(1));
  });

  it('is not taken from an older epoch (F3, F20)', () => {
    const subscriber = subscriberWith(logOf(7, servicesOf(['a'])));
    const old = logOf(6, servicesOf(['b']));
    const refused = beginStream(subscriber, old.position);
    expect(refused.ok ? '' : refused.error.code).toBe('stale_epoch');
    const reactions = framesFor(old).map((frame) => receive(subscriber, frame, 0));
    expect(codes(reactions)).toContain('stale_epoch');
    expect(names(subscriber)).toEqual(['a']);
  });

  it('is not taken back to an older version by a snapshot', () => {
    const older = logOf(1, servicesOf(['a']));
    const newer = record(older, servicesOf(['a', 'b']));
    const subscriber = subscriberWith(newer);
    expect(codes(stream(subscriber, newer, framesFor(older)))).toEqual(['stale_epoch']);
    expect(names(subscriber)).toEqual(['a', 'b']);
  });
});

describe('an entry that is refused (F4)', () => {
  const broken = new Map([...servicesOf(['a'])].map(([key, service]) => [key, { ...service, ports: [] }]));

  it('is nacked alone, and the last good one stays: in a step, and in a snapshot', () => {
    const good = logOf(1, servicesOf(['a', 'b']));
    for (const bad of [
      record(good, new Map([...servicesOf(['b']), ...broken])),
      logOf(2, new Map([...servicesOf(['b']), ...broken])),
    ]) {
      const subscriber = subscriberWith(good);
      const reactions = follow(subscriber, bad);
      expect(codes(reactions)).toEqual(['schema_violation']);
      expect(reactions.flatMap(({ send }) => send.map(({ kind }) => kind))).toEqual(['nack']);
      expect(names(subscriber)).toEqual(['a', 'b']);
      follow(subscriber, record(bad, servicesOf(['b'])));
      expect(names(subscriber)).toEqual(['b']);
    }
  });
});

describe('a snapshot that drops more than half (F3)', () => {
  const before = logOf(1, servicesOf(SIX));
  const hold = (...left: string[]): { subscriber: Subscriber; reactions: Reaction[] } => {
    const subscriber = subscriberWith(before);
    return { subscriber, reactions: follow(subscriber, logOf(2, servicesOf(left))) };
  };

  it.each([
    { left: [], held: true },
    { left: ['a', 'b'], held: true },
    { left: ['a', 'b', 'c'], held: false },
    { left: ['x', 'y', 'z', 'u', 'v', 'w'], held: true },
  ])('with $left left is held: $held', ({ left, held }) => {
    const { subscriber, reactions } = hold(...left);
    expect(codes(reactions)).toEqual(held ? ['snapshot_held'] : []);
    expect(names(subscriber)).toEqual(held ? [...new Set([...SIX, ...left])].sort() : left);
  });

  it('is never held for fewer than four services', () => {
    const subscriber = subscriberWith(logOf(1, servicesOf(['a', 'b', 'c'])));
    expect(codes(follow(subscriber, logOf(2, servicesOf([]))))).toEqual([]);
    expect(names(subscriber)).toEqual([]);
  });

  it('is held from four services on', () => {
    const subscriber = subscriberWith(logOf(1, servicesOf(['a', 'b', 'c', 'd'])));
    expect(codes(follow(subscriber, logOf(2, servicesOf([]))))).toEqual(['snapshot_held']);
    expect(names(subscriber)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes effect when the operator confirms it', () => {
    const { subscriber } = hold('a');
    expect(confirmHold(subscriber)).toBe(true);
    expect(names(subscriber)).toEqual(['a']);
    expect(confirmHold(subscriber)).toBe(false);
  });

  it('takes effect when the same comes again 30 s later, not sooner and not when it differs', () => {
    const { subscriber } = hold('a');
    follow(subscriber, logOf(3, servicesOf(['a'])), 29_999);
    expect(names(subscriber)).toEqual(SIX);
    follow(subscriber, logOf(4, servicesOf(['b'])), 60_000);
    expect(names(subscriber)).toEqual(SIX);
    follow(subscriber, logOf(5, servicesOf(['b'])), 90_000);
    expect(names(subscriber)).toEqual(['b']);
  });

  it.each([
    ['services', { services: 6 }],
    ['bytes', { bytesPerPeer: JSON.stringify(servicesOf(SIX).get('shop/a' as ServiceKey)).length * 7 }],
  ])('keeps no more %s than a peer may have, however its snapshots differ', (_, quota) => {
    const subscriber = createSubscriber(peer, { ...QUOTAS, ...quota });
    for (const [i, letter] of ['k', 'l', 'm', 'n', 'o'].entries()) {
      const six = SIX.map((name) => (i === 0 ? name : letter + name));
      follow(subscriber, logOf(i + 1, servicesOf(six)));
    }
    expect(names(subscriber)).toHaveLength(12);
    expect(names(subscriber)).toEqual(expect.arrayContaining(SIX));
  });

  it('is over when most of it is back and the peer has told everything, not while the rest may be on its way', () => {
    const { subscriber } = hold('a');
    const back = record(logOf(2, servicesOf(['a'])), servicesOf(['a', 'b', 'c', 'd']));
    follow(subscriber, back);
    expect(names(subscriber)).toEqual(SIX);
    expect(receive(subscriber, digestFrame(back, 1) as CatalogFrame, 0).changed).toBe(true);
    expect(names(subscriber)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('stays held while little of it is back; what is deleted by name goes at once', () => {
    const { subscriber } = hold('a');
    const back = record(logOf(2, servicesOf(['a'])), servicesOf(['a', 'b']));
    follow(subscriber, back);
    receive(subscriber, digestFrame(back, 1) as CatalogFrame, 0);
    expect(names(subscriber)).toEqual(SIX);
    follow(subscriber, record(back, servicesOf(['a'])));
    expect(names(subscriber)).toEqual(['a', 'c', 'd', 'e', 'f']);
  });

  it('leaves tombstones alone: those are the will of their owner', () => {
    const subscriber = subscriberWith(before);
    follow(subscriber, record(before, servicesOf([])));
    expect(names(subscriber)).toEqual([]);
  });
});

describe('loss on the way', () => {
  it('is found by the next step, or by the digest when nothing follows (F24)', () => {
    const first = logOf(1, servicesOf(['a']));
    const subscriber = subscriberWith(first);
    const second = record(first, servicesOf(['a', 'b', 'c']));
    const [lost, next] = framesFor(second, first.position);
    expect(lost).toBeDefined();
    expect(asks([receive(subscriber, next!, 0)])).toBe(true);
    expect(names(subscriber)).toEqual(['a']);
    const other = subscriberWith(first);
    beginStream(other, second.position);
    expect(asks([receive(other, digestFrame(second, 1) as CatalogFrame, 0)])).toBe(true);
  });

  it('is found by the digest where the copies of one version differ, for whatever reason', () => {
    const log = logOf(1, servicesOf(['a']));
    const subscriber = subscriberWith(log);
    expect(receive(subscriber, digestFrame(log, 1) as CatalogFrame, 0).send).toEqual([]);
    expect(asks([receive(subscriber, digestFrame(logOf(1, servicesOf(['b'])), 1) as CatalogFrame, 0)])).toBe(
      true,
    );
    stream(subscriber, log, framesFor(log));
    expect(receive(subscriber, digestFrame(log, 1) as CatalogFrame, 0).send).toEqual([]);
  });

  it('is no matter where a frame comes twice', () => {
    const first = logOf(1, servicesOf(['a']));
    const second = record(first, servicesOf(['a', 'b', 'c']));
    for (const frames of [framesFor(second), framesFor(second, first.position)]) {
      const subscriber = subscriberWith(first);
      const twice = frames.flatMap((frame): CatalogFrame[] =>
        frame.kind === 'snapshotBegin' ? [frame] : [frame, frame],
      );
      expect(stream(subscriber, second, twice).flatMap(({ send }) => send)).toEqual([]);
      expect(names(subscriber)).toEqual(['a', 'b', 'c']);
    }
  });

  it('is no loss when the digest agrees, also over entries that were refused', () => {
    const bad = new Map(
      [...servicesOf(['a', 'b'])].map(([key, service]) => [key, { ...service, exportedAt: 9e15 }]),
    );
    const log = logOf(1, new Map([...bad, ...servicesOf(['b'])]));
    const subscriber = subscriberWith(log);
    expect(names(subscriber)).toEqual(['b']);
    expect(asks([receive(subscriber, digestFrame(log, 1) as CatalogFrame, 0)])).toBe(false);
  });
});
