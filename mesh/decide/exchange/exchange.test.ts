import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExportedService } from '../../model/catalog.ts';
import type { CatalogFrame } from '../../model/exchange.ts';
import type { RouteId, ServiceKey } from '../../model/names.ts';
import { checkInfo, checkService, refusedAddress } from './parse-border.ts';
import { digestOf, emptyLog, framesSince, recordCatalog, type CatalogLog } from './publisher.ts';
import { applyFrame, confirmHeld, EMPTY_COPY, type PeerCopy } from './subscriber.ts';

const routeId = 'a'.repeat(26) as RouteId;
const service = (key: string, exportedAt = 1): ExportedService => ({
  ...{ key: key as ServiceKey, exportedAt, serviceAccounts: [] },
  ports: [{ name: 'http', port: 80, appProtocol: 'http', routeId }],
  zones: [{ region: 'eu', zone: 'eu-1', ready: 1, total: 2 }],
});
const catalog = (...keys: readonly string[]): Map<ServiceKey, ExportedService> =>
  new Map(keys.map((key) => [key as ServiceKey, service(key)]));
const follow = (copy: PeerCopy, frames: readonly CatalogFrame[]): PeerCopy =>
  frames.reduce((held, frame) => applyFrame(held, frame, 'west').copy, copy);
const keys = (copy: PeerCopy): string[] => [...copy.entries.keys()].sort();

describe('publisher and subscriber', () => {
  it('give a newcomer a snapshot and a follower the deltas', () => {
    const first = recordCatalog(emptyLog(7), catalog('shop/a', 'shop/b'));
    const copy = follow(EMPTY_COPY, framesSince(first, undefined));
    expect(keys(copy)).toEqual(['shop/a', 'shop/b']);
    const second = recordCatalog(first, catalog('shop/b', 'shop/c'));
    const deltas = framesSince(second, copy);
    expect(deltas.map(({ kind }) => kind)).toEqual(['upsert', 'tombstone']);
    expect(keys(follow(copy, deltas))).toEqual(['shop/b', 'shop/c']);
    expect(recordCatalog(second, catalog('shop/b', 'shop/c'))).toBe(second);
  });

  it('delete nothing when a snapshot is cut off at any frame (F2)', () => {
    const before = follow(
      EMPTY_COPY,
      framesSince(recordCatalog(emptyLog(1), catalog('shop/a', 'shop/b', 'shop/c')), undefined),
    );
    const frames = framesSince(recordCatalog(emptyLog(2), catalog('shop/a', 'shop/d')), undefined);
    for (let cut = 0; cut < frames.length; cut++)
      expect(keys(follow(before, frames.slice(0, cut)))).toEqual(['shop/a', 'shop/b', 'shop/c']);
    expect(keys(follow(before, frames))).toEqual(['shop/a', 'shop/d']);
  });

  it('hold a snapshot that drops more than half until a second one or the operator says the same (F3)', () => {
    const full = follow(
      EMPTY_COPY,
      framesSince(recordCatalog(emptyLog(1), catalog('s/a', 's/b', 's/c', 's/d')), undefined),
    );
    const empty = framesSince(emptyLog(2), undefined);
    const held = applyFrame(follow(full, empty.slice(0, 1)), empty[1]!, 'west');
    expect(held.fault?.code).toBe('snapshot_held');
    expect(keys(held.copy)).toHaveLength(4);
    expect(keys(follow(held.copy, empty))).toEqual([]);
    expect(keys(confirmHeld(held.copy).copy)).toEqual([]);
  });

  it('refuse an older epoch and a snapshot that lacks frames', () => {
    const copy = follow(EMPTY_COPY, framesSince(recordCatalog(emptyLog(5), catalog('s/a')), undefined));
    expect(applyFrame(copy, { kind: 'snapshot-begin', epoch: 4 }, 'west').fault?.code).toBe('stale_epoch');
    const frames = framesSince(recordCatalog(emptyLog(6), catalog('s/b', 's/c')), undefined);
    const lossy = follow(copy, [frames[0]!, frames[1]!]);
    const complete = applyFrame(lossy, frames[3]!, 'west');
    expect(complete.fault?.code).toBe('schema_violation');
    expect(keys(complete.copy)).toEqual(['s/a']);
  });

  it('agree after any history and any cuts, and never go back in version (I4, L1)', () => {
    const names = ['s/a', 's/b', 's/c'];
    const step = fc.record({ keep: fc.subarray(names), delivered: fc.nat(6), repeat: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        let log: CatalogLog = emptyLog(1);
        let copy = EMPTY_COPY;
        for (const { keep, delivered, repeat } of steps) {
          log = recordCatalog(log, catalog(...keep));
          const frames = framesSince(log, copy.epoch === 0 ? undefined : copy).slice(0, delivered);
          for (const frame of repeat ? [...frames, ...frames] : frames) {
            const next = applyFrame(copy, frame, 'west').copy;
            expect(next.version).toBeGreaterThanOrEqual(copy.version);
            copy = next;
          }
          copy = { epoch: copy.epoch, version: copy.version, entries: copy.entries };
        }
        copy = follow(copy, framesSince(log, copy.epoch === 0 ? undefined : copy));
        expect(keys(copy)).toEqual([...log.entries.keys()].sort());
        expect(digestOf(copy.entries)).toBe(digestOf(log.entries));
      }),
    );
  });
});

describe('the border', () => {
  const info = {
    cluster: 'west',
    region: 'us',
    zone: 'us-1',
    network: 'west',
    version: '0.1.0',
    gateways: [{ host: '203.0.113.1', port: 15443, zone: 'us-1' }],
  } as never;

  it('takes what is right', () => {
    expect(checkInfo(info, false).ok).toBe(true);
    expect(checkService(service('shop/cart'), 'west').ok).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:127.0.0.1',
    'localhost',
    'a.localhost',
    '2130706433',
    '0x7f000001',
    '127.1',
    'a b',
    'evil\n',
    '',
  ])('refuses the address %j (S26)', (host) => {
    expect(refusedAddress({ host }, false)).toBeDefined();
  });

  it.each(['203.0.113.1', '2001:db8::1', 'gateway.example', '10.0.0.1'])('takes the address %s', (host) => {
    expect(refusedAddress({ host }, false)).toBeUndefined();
  });

  it.each([
    ['key', { key: 'kube-system/kube-dns' }],
    ['key', { key: '../x' }],
    ['key', { key: 'shop/cart/x' }],
    ['exportedAt', { exportedAt: Number.NaN }],
    ['ports', { ports: [] }],
    ['ports', { ports: [{ name: '__proto__', port: 80, appProtocol: 'http', routeId }] }],
    ['ports', { ports: [{ name: '', port: 0, appProtocol: 'http', routeId }] }],
    ['ports', { ports: [{ name: '', port: 80, appProtocol: 'http', routeId: 'x' }] }],
    ['ports', { ports: [80, 80].map((port) => ({ name: '', port, appProtocol: 'http', routeId })) }],
    ['zones', { zones: [{ region: 'eu', zone: 'eu-1', ready: 3, total: 2 }] }],
    ['zones', { zones: [{ region: 'eu', zone: 'a\nb', ready: 0, total: 0 }] }],
    ['serviceAccounts', { serviceAccounts: ['a/b'] }],
  ])('refuses a wrong %s (S28)', (field, part) => {
    const checked = checkService({ ...service('shop/cart'), ...part } as never, 'west');
    expect(checked.ok ? 'taken' : checked.error.field).toBe(field);
  });
});
