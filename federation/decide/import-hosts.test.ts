/** The pods behind a headless service of another network, as the cluster that imports it shows them. */
import { describe, expect, it } from 'vitest';
import type { ExportedService } from '../../mesh/model/catalog.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { parseService } from './parse-service.ts';
import { QUOTAS } from './quotas.ts';
import { reconcile, type Decided, type Gathered } from './reconcile.ts';
import {
  cluster,
  EAST,
  exported,
  key,
  localState,
  peer,
  peersOf,
  PLAIN_PROXY,
  routeIdOf,
} from './testing/sample-state.ts';

const cart: ExportedService = {
  ...exported('shop/cart', 1, [{ port: 80, name: 'http' }]),
  traits: { type: 'Headless', ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
};
const host = (text: string, ready: number | undefined, port = 8080): ExportedService => ({
  ...exported(text, 1, [{ port, name: 'http' }]),
  zones: ready === undefined ? [] : [{ region: 'us', zone: 'us-1', ready, total: 1 }],
});
const [first, second] = [key('shop/cart-0.west.cart'), key('shop/cart-1.west.cart')];
const IPS = new Map([
  [first, ['10.96.0.1', 'fd00::1']],
  [second, ['10.96.0.2']],
]);

interface Given extends Partial<Pick<Gathered, 'registrations' | 'unheard' | 'clustersetIps'>> {
  readonly hosts?: readonly ExportedService[];
  readonly service?: ExportedService;
  readonly network?: string;
}

/** East, where `shop/cart` of west is imported. */
function decided({ hosts = [], service = cart, network = 'west', ...rest }: Given): Decided {
  const west = peer('west', [service]);
  return reconcile({
    ...{ config: EAST, version: '0.1.0', routeIdOf, registrations: [PLAIN_PROXY], peerFaults: [] },
    ...{ plainPorts: new Map(), hostNames: new Map(), unheard: new Set() },
    clustersetIps: (asked: ServiceKey) => IPS.get(asked) ?? [],
    objects: { ...localState({}), faults: [] },
    peers: peersOf({
      ...{ ...west, info: { ...west.info, network } },
      hosts: new Map(hosts.map((one) => [one.key, one])),
    }),
    ...rest,
  });
}
const slicesOf = ({ multicluster }: Decided): unknown =>
  multicluster.imports.get(key('shop/cart'))?.slices.map(({ slice }) => slice);

describe('a headless service of another network', () => {
  const two = [host(first, 1), host(second, 0)];

  it('has an address of this cluster for each of its pods, by the name of the pod', () => {
    const ports = [{ name: 'http', protocol: 'TCP', port: 8080 }];
    expect(slicesOf(decided({ hosts: two }))).toEqual([
      {
        ports,
        pods: [
          { address: '10.96.0.1', hostname: 'cart-0', ready: true },
          { address: 'fd00::1', hostname: 'cart-0', ready: true },
          { address: '10.96.0.2', hostname: 'cart-1', ready: false },
        ],
      },
    ]);
  });

  it('leads plain pods to each of them by a port of its own', () => {
    const { multicluster, view } = decided({ hosts: two });
    const hosts = multicluster.imports.get(key('shop/cart'))?.hosts;
    expect(hosts?.map(({ key: name, ips }) => [name, ips])).toEqual([...IPS]);
    const given = hosts?.flatMap(({ proxies }) =>
      proxies.flatMap(({ ports }) => ports.map(({ port }) => port)),
    );
    expect(new Set(given).size).toBe(2);
    expect(given).toEqual([first, second].map((one) => view.services.get(one)?.ports[0]?.plainPort));
    expect(hosts?.[0]?.proxies[0]?.pods).toEqual([{ address: '10.1.0.2', ready: true }]);
    expect(hosts?.[0]?.ports).toEqual([{ name: 'http', protocol: 'TCP', port: 8080 }]);
  });

  it('leads pods with a sidecar to each of them by its address', () => {
    const { services } = decided({ hosts: two }).view;
    expect(services.get(first)).toMatchObject({
      clustersetIps: ['10.96.0.1', 'fd00::1'],
      remote: [{ cluster: 'west' }],
    });
  });

  it('has no address of a pod that has gone, which keeps it', () => {
    const state = decided({ hosts: [host(first, undefined)] });
    expect(slicesOf(state)).toEqual([]);
    expect(state.multicluster.imports.get(key('shop/cart'))?.hosts.map(({ key: name }) => name)).toEqual([
      first,
    ]);
  });

  it('has pods that listen elsewhere apart', () => {
    const slices = slicesOf(decided({ hosts: [host(first, 1), host(second, 1, 9090)] }));
    expect(slices).toMatchObject([{ ports: [{ port: 8080 }] }, { ports: [{ port: 9090 }] }]);
  });

  it('has no pods of a cluster that is not heard, while they have a name to come back to (S52)', () => {
    const north = {
      ...peer('north', [cart]),
      hosts: new Map([[key('shop/cart-0.north.cart'), host('shop/cart-0.north.cart', 1)]]),
    };
    const west = { ...peer('west', [cart]), hosts: new Map([[first, host(first, 1)]]) };
    const gathered: Gathered = {
      ...{ config: EAST, version: '0.1.0', routeIdOf, registrations: [PLAIN_PROXY], peerFaults: [] },
      ...{ plainPorts: new Map(), hostNames: new Map(), unheard: new Set([cluster('west')]) },
      clustersetIps: (asked) => [asked === first ? '10.96.0.1' : '10.96.0.3'],
      objects: { ...localState({}), faults: [] },
      peers: peersOf(north, west),
    };
    const state = reconcile(gathered);
    expect(slicesOf(state)).toMatchObject([{ pods: [{ address: '10.96.0.3' }] }]);
    expect(state.multicluster.imports.get(key('shop/cart'))?.hosts).toHaveLength(2);
  });

  it.each([
    ['is of this network', { network: 'east' }],
    [
      'is not headless by its oldest export',
      { service: { ...cart, traits: { ...cart.traits!, type: 'ClusterSetIP' } } },
    ],
  ] as const)('has none of that where it %s', (_, given) => {
    const { imports } = decided({ hosts: two, ...given }).multicluster;
    expect(imports.get(key('shop/cart'))?.hosts).toEqual([]);
    expect([...imports.keys()]).toEqual(['shop/cart']);
  });

  it('counts as one service, however many pods it has', () => {
    expect(decided({ hosts: two }).multicluster.members.get(cluster('west'))?.exports).toBe(1);
  });
});

describe('a host that a peer states', () => {
  const SIDECAR = { address: '10.1.0.7', port: 15_008 };
  const parse = (name: string, more: object = {}) => {
    const { key: _key, ...rest } = host(first, 1);
    const rules = { origin: cluster('west'), quotas: QUOTAS };
    return parseService({ ...rest, namespace: 'shop', name, ...more }, rules);
  };
  const stated = (name: string) => {
    const parsed = parse(name);
    return parsed.ok ? parsed.value.key : parsed.error;
  };

  it('is of its own cluster, and of no other (S26)', () => {
    expect(stated('cart-0.west.cart')).toBe(first);
    expect(stated('cart-0.east.cart')).toMatchObject({ code: 'origin_mismatch', field: 'name' });
  });

  it('may have labels as long as DNS has them', () => {
    const longest = 'a'.repeat(63);
    expect(stated(`${longest}.west.${longest}`)).toBe(`shop/${longest}.west.${longest}`);
    expect(stated(`${longest}a.west.cart`)).toMatchObject({ code: 'schema_violation', field: 'name' });
  });

  it('may have a sidecar, of which nothing else is taken', () => {
    const parsed = parse('cart-0.west.cart', { sidecar: { ...SIDECAR, more: 1 } });
    expect(parsed.ok && parsed.value.sidecar).toEqual(SIDECAR);
  });

  it('is no service, which has no sidecar of its own', () => {
    expect(parse('cart', { sidecar: SIDECAR })).toMatchObject({
      error: { code: 'schema_violation', field: 'sidecar' },
    });
  });

  it.each([
    ...[
      '',
      'cart.shop',
      '127.0.0.1',
      '::1',
      '169.254.169.254',
      '0.0.0.0',
      '010.1.0.7',
      '::ffff:10.1.0.7',
    ].map((address) => ({ field: 'address', bad: { address } })),
    ...[0, 1.5, 65_536, NaN].map((port) => ({ field: 'port', bad: { port } })),
  ])('is refused with its sidecar for $field in $bad', ({ field, bad }) => {
    expect(parse('cart-0.west.cart', { sidecar: { ...SIDECAR, ...bad } })).toMatchObject({
      error: { code: 'schema_violation', field: `sidecar.${field}` },
    });
  });
});
