import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideView } from './mesh-view.ts';
import type { PeerCatalogs } from './mesh-view.ts';
import { decideOwnCatalog, type LocalState } from './own-catalog.ts';
import {
  clusterStatuses,
  endpointSummaries,
  exportSummaries,
  importSummaries,
  serviceSummaries,
  sharedServices,
  type Knowledge,
} from './status.ts';
import { cluster, endpoint, exported, localState, peer, peersOf, service } from './testing/sample-state.ts';

const self = cluster('east');
const info = { cluster: self, region: 'eu', zone: 'eu-1', network: 'east', gateways: [], version: '0.1.0' };
const knowledge = (local: LocalState, peers: PeerCatalogs): Knowledge => ({
  ...{
    local,
    own: decideOwnCatalog(local, info),
    peers,
    services: decideView({ self, local, peers }).services,
  },
});

const known = knowledge(
  localState({
    ...{ services: [service('shop/cart'), service('shop/web')], exports: ['shop/cart', 'shop/none'] },
    endpoints: { 'shop/cart': [endpoint('a'), endpoint('m', { ready: false })] },
  }),
  peersOf(
    peer('west', [exported('shop/cart', 1), exported('bank/vault', 1)], 'stale'),
    peer('south', [exported('shop/x', 1)]),
  ),
);

describe('reports', () => {
  it('list this cluster first, then the others by name', () => {
    expect(
      clusterStatuses(known, 99).map(({ cluster: name, self: own, exports, imports, gateways }) => [
        name,
        own,
        exports,
        imports,
        gateways,
      ]),
    ).toEqual([
      ['east', true, 1, 2, 0],
      ['south', false, 1, 2, 1],
      ['west', false, 2, 2, 1],
    ]);
    expect(sharedServices(known)).toBe(3);
  });

  it('tell of exports that offer nothing, and why', () => {
    expect(exportSummaries(known)).toEqual([
      { service: 'shop/cart', since: 1000, ports: [80], ready: 1, total: 2 },
      {
        service: 'shop/none',
        since: 2000,
        ports: [],
        ready: 0,
        total: 0,
        fault: expect.objectContaining({ code: 'not_found' }) as unknown,
      },
    ]);
  });

  it('tell of imports, and of offers that have no namespace here', () => {
    expect(importSummaries(known)).toEqual([
      { service: 'bank/vault', ports: [80], clusters: ['west'], imported: false },
      { service: 'shop/cart', ports: [80], clusters: ['west'], imported: true },
      { service: 'shop/x', ports: [80], clusters: ['south'], imported: true },
    ]);
  });

  it('tell of services and endpoints, and where an endpoint comes from', () => {
    expect(
      serviceSummaries(known).map(({ service: name, ready, total, remote }) => [name, ready, total, remote]),
    ).toEqual([
      ['shop/cart', 1, 2, [{ cluster: 'west', ready: 3, total: 3 }]],
      ['shop/web', 0, 0, []],
      ['shop/x', 0, 0, [{ cluster: 'south', ready: 3, total: 3 }]],
    ]);
    expect(endpointSummaries(known, new Set(['a'])).map(({ id, source }) => [id, source])).toEqual([
      ['a', 'proxy'],
      ['m', 'manifest'],
    ]);
  });

  it('count each shared service once, however many clusters have it', () => {
    const anyKeys = fc.uniqueArray(fc.constantFrom('shop/a', 'shop/b', 'n/a'));
    fc.assert(
      fc.property(anyKeys, anyKeys, anyKeys, (own, first, second) => {
        const local = localState({
          services: own.map((text) => service(text)),
          exports: own,
          namespaces: ['shop', 'n'],
        });
        const catalogs = [first, second].map((keys, i) =>
          peer(
            `p${i}`,
            keys.map((text) => exported(text, 1)),
          ),
        );
        const all = knowledge(local, peersOf(...catalogs));
        expect(sharedServices(all)).toBe(new Set([...own, ...first, ...second]).size);
        expect(importSummaries(all)).toHaveLength(new Set([...first, ...second]).size);
        expect(clusterStatuses(all, 0)[0]?.imports).toBe(new Set([...first, ...second]).size);
      }),
    );
  });
});
