import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import { formatFault } from '../../mesh/model/fault.ts';
import { splitServiceKey } from '../../mesh/model/names.ts';
import { decideView, type ViewParts } from './mesh-view.ts';
import type { PeerCatalogs } from './mesh-view.ts';
import type { LocalState } from './own-catalog.ts';
import {
  cluster,
  endpoint,
  exported,
  key,
  localState,
  peer,
  peersOf,
  service,
} from './testing/sample-state.ts';

const self = cluster('east');
const view = (local: LocalState, peers: PeerCatalogs): ViewParts => decideView({ self, local, peers });
const cart = key('shop/cart');

describe('the view of the proxies', () => {
  it('joins local endpoints and the offers of peers in one service', () => {
    const local = localState({
      ...{ services: [service('shop/cart')], exports: ['shop/cart'] },
      endpoints: { 'shop/cart': [endpoint('a')] },
    });
    const west = peer('west', [exported('shop/cart', 5)]);
    const { services, faults } = view(local, peersOf(west));
    const offered = west.services.get(cart);
    expect(services.get(cart)).toEqual({
      ...{ key: cart, exported: true, failover: DEFAULT_FAILOVER, access: [] },
      ports: [{ ...service('shop/cart').ports[0], routeId: local.routeIdOf(cart, 80) }],
      local: [endpoint('a')],
      remote: [
        {
          ...{ cluster: 'west', ports: offered?.ports, zones: offered?.zones },
          serviceAccounts: offered?.serviceAccounts,
        },
      ],
    });
    expect(faults).toEqual([]);
  });

  it('tells under which addresses pods here call an import', () => {
    const peers = peersOf(peer('west', [exported('shop/cart', 5), exported('shop/web', 5)]));
    const clustersetIps = (of: string): readonly string[] => (of === cart ? ['10.96.0.5'] : []);
    const { services } = decideView({ self, local: localState({}), peers, clustersetIps });
    expect(services.get(cart)?.clustersetIps).toEqual(['10.96.0.5']);
    expect(services.get(key('shop/web'))).not.toHaveProperty('clustersetIps');
  });

  it.each([
    ['a namespace that is not here', 'bank/cart', ['shop']],
    ['a system namespace, even where it exists', 'kube-system/dns', ['shop', 'kube-system']],
    ['our own system namespace', 'isthmus-system/x', ['isthmus-system']],
    ['the place of the API server', 'default/kubernetes', ['default']],
  ])('imports nothing into %s (S27)', (_what, text, namespaces) => {
    const { services } = view(localState({ namespaces }), peersOf(peer('west', [exported(text, 1)])));
    expect([...services.keys()]).toEqual([]);
  });

  it('tells of a conflict with both clusters, and keeps the Service of this cluster', () => {
    const local = localState({ services: [service('shop/cart', [{ port: 80, name: 'web' }])] });
    const older = exported('shop/cart', 1, [{ port: 81, name: 'web' }]);
    const { services, faults } = view(local, peersOf(peer('west', [older])));
    expect(services.get(cart)?.ports.map(({ port }) => port)).toEqual([80]);
    expect(services.get(cart)?.remote).toEqual([]);
    expect(faults.map(formatFault)).toEqual([
      'shop/cart: spec.ports: port 81 of west has a name that east gives to another port; that of east stays',
    ]);
  });

  it('keeps a stale peer with its note, and drops one that left', () => {
    const stale = peer('west', [exported('shop/cart', 1)], 'stale');
    const left = peer('south', [exported('shop/cart', 1), exported('shop/web', 1)], 'left');
    const noted = { ...stale, link: { ...stale.link, note: 'heartbeats missed' } };
    const { services, peers } = view(localState({}), peersOf(noted, left));
    expect([...services.keys()]).toEqual([cart]);
    expect(services.get(cart)?.remote.map((offer) => offer.cluster)).toEqual(['west']);
    expect(peers).toEqual(
      new Map([
        [
          cluster('west'),
          { info: stale.info, link: { state: 'stale', since: 1, note: 'heartbeats missed' } },
        ],
      ]),
    );
  });

  it('gives no endpoints of manifests to a service that no manifest states', () => {
    const local = localState({ endpoints: { 'shop/cart': [endpoint('a')] } });
    expect(view(local, peersOf()).services.size).toBe(0);
    const remote = view(local, peersOf(peer('west', [exported('shop/cart', 1)])));
    expect(remote.services.get(cart)?.local).toEqual([]);
  });
});

describe('services of one name in many places (S29)', () => {
  const NAMES = ['a', 'b'];
  const SPACES = ['n', 'm', 'n-a'];
  const CLUSTERS = ['w', 'x', 'n'];
  const anyKey = fc
    .tuple(fc.constantFrom(...SPACES), fc.constantFrom(...NAMES))
    .map(([ns, name]) => `${ns}/${name}`);
  const anyKeys = fc.uniqueArray(anyKey, { maxLength: 5 });
  const anyMesh = fc.record({
    own: anyKeys,
    exports: anyKeys,
    namespaces: fc.uniqueArray(fc.constantFrom(...SPACES)),
    peers: fc.array(anyKeys, { minLength: CLUSTERS.length, maxLength: CLUSTERS.length }),
  });
  const build = ({
    own,
    exports,
    namespaces,
    peers,
  }: ReturnType<typeof anyMesh.generate>['value']): [LocalState, PeerCatalogs] => [
    localState({ services: own.map((text) => service(text)), exports, namespaces }),
    peersOf(
      ...peers.map((keys, i) =>
        peer(
          CLUSTERS[i] ?? '',
          keys.map((text, j) => exported(text, i + j)),
        ),
      ),
    ),
  ];

  it('keeps every (cluster, namespace, name) apart', () => {
    fc.assert(
      fc.property(anyMesh, (mesh) => {
        const [local, peers] = build(mesh);
        const { services } = view(local, peers);
        for (const [name, entry] of services) {
          expect(entry.key).toBe(name);
          const { namespace } = splitServiceKey(name);
          const isOpen = mesh.namespaces.includes(namespace);
          const exporters = CLUSTERS.filter((_, i) => isOpen && mesh.peers[i]?.includes(name)).sort();
          expect(entry.remote.map((offer) => offer.cluster)).toEqual(exporters);
          expect(entry.exported).toBe(mesh.own.includes(name) && mesh.exports.includes(name));
          expect(mesh.own.includes(name) || exporters.length > 0).toBe(true);
        }
        expect(mesh.own.every((name) => services.has(key(name)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('changes nothing else when one export of one cluster goes', () => {
    fc.assert(
      fc.property(anyMesh, fc.nat(), fc.nat(), (mesh, which, nth) => {
        const [local, peers] = build(mesh);
        const at = which % CLUSTERS.length;
        const gone = mesh.peers[at]?.[nth % Math.max(1, mesh.peers[at]?.length ?? 0)];
        if (gone === undefined) return;
        const without = new Map(peers);
        const name = cluster(CLUSTERS[at] ?? '');
        const catalog = without.get(name);
        if (catalog === undefined) return;
        const rest = new Map(catalog.services);
        rest.delete(key(gone));
        without.set(name, { ...catalog, services: rest });
        const [before, after] = [view(local, peers).services, view(local, without).services];
        for (const [other, entry] of before) if (other !== gone) expect(after.get(other)).toEqual(entry);
        expect([...after.keys()].every((other) => before.has(other))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
