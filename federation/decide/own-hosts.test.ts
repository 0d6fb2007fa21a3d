/** The pods behind an exported headless service, from what an API server says of them to what other networks are offered. */
import { describe, expect, it } from 'vitest';
import type { PodAddress, PodSlice, ServicePort, ServiceTraits } from '../../mesh/model/service.ts';
import { hostNamesText, readHostNames, type HostNames } from './host-names.ts';
import { reconcile, type Decided } from './reconcile.ts';
import type { ProxyRegistration } from './registrations.ts';
import { cluster, EAST, key, localState, PLAIN_PROXY, routeIdOf, sidecar } from './testing/sample-state.ts';

const pod = (address: string, hostname?: string, ready = true): PodAddress => ({
  ...{ address, ready },
  ...(hostname === undefined ? {} : { hostname }),
});
const slice = (...pods: readonly PodAddress[]): PodSlice => ({
  ports: [
    { name: 'http', protocol: 'TCP', port: 8080 },
    { name: 'dns', protocol: 'UDP', port: 8053 },
  ],
  pods,
});

interface Given {
  readonly slices?: readonly PodSlice[];
  readonly registrations?: readonly ProxyRegistration[];
  readonly type?: ServiceTraits['type'];
  readonly hostNames?: HostNames;
  readonly exports?: readonly string[];
  readonly ports?: readonly Omit<ServicePort, 'appProtocol'>[];
}

/** East, whose `shop/cart` is on port 80. */
function decided({
  slices = [],
  registrations = [PLAIN_PROXY],
  type = 'Headless',
  hostNames = new Map(),
  exports = ['shop/cart'],
  ports = [{ name: 'http', port: 80, targetPort: 80 }],
}: Given): Decided {
  const cart = {
    key: key('shop/cart'),
    ports: ports.map((port) => ({ ...port, appProtocol: 'http' as const })),
    traits: { type, ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
  };
  return reconcile({
    ...{
      config: EAST,
      version: '0.1.0',
      routeIdOf,
      registrations,
      peerFaults: [],
      plainPorts: new Map(),
      hostNames,
    },
    unheard: new Set(),
    objects: {
      ...localState({ services: [cart], exports }),
      ...{ podSlices: new Map([[key('shop/cart'), slices]]), faults: [] },
    },
    peers: new Map(),
  });
}
const hostsOf = ({ own }: Decided): readonly string[] => [...(own.hosts?.keys() ?? [])];

describe('the pods of a headless service that is exported', () => {
  const two = [slice(pod('10.1.0.7', 'cart-0'), pod('10.1.0.8', 'cart-1', false))];

  it('are each offered to other clusters, at the ports where they listen', () => {
    const state = decided({ slices: two });
    expect(hostsOf(state)).toEqual(['shop/cart-0.east.cart', 'shop/cart-1.east.cart']);
    const host = key('shop/cart-0.east.cart');
    expect(state.own.hosts?.get(host)).toEqual({
      ...{ key: host, exportedAt: 1000, serviceAccounts: [], plain: true },
      zones: [{ region: 'eu', zone: 'eu-1', ready: 1, total: 1 }],
      ports: [{ name: 'http', port: 8080, appProtocol: 'http', routeId: routeIdOf(host, 8080) }],
    });
    expect(state.own.hosts?.get(key('shop/cart-1.east.cart'))?.zones).toMatchObject([{ ready: 0, total: 1 }]);
    // They are no services of their own to people.
    expect([...state.own.services.keys()]).toEqual(['shop/cart']);
    expect([...state.multicluster.exports.keys()]).toEqual(['shop/cart']);
    expect(state.multicluster.members.get(cluster('east'))?.exports).toBe(1);
  });

  it('have the sidecar or the plain proxies that lead to that one pod, and to no other', () => {
    const registrations = [PLAIN_PROXY, sidecar('cart-one', { address: '10.1.0.8' })];
    const { services } = decided({ slices: two, registrations }).view;
    const [plain, meshed] = [
      services.get(key('shop/cart-0.east.cart')),
      services.get(key('shop/cart-1.east.cart')),
    ];
    expect(plain?.local.map(({ id }) => id)).toEqual(['gw-1-plain']);
    expect(plain?.plainPods?.flatMap(({ pods }) => pods)).toEqual([pod('10.1.0.7', 'cart-0')]);
    expect(meshed?.local.map(({ id }) => id)).toEqual(['cart-one']);
    expect(meshed?.plainPods).toBeUndefined();
  });

  it('are named by what tells nothing of their addresses where they have no names', () => {
    const state = decided({ slices: [slice(pod('10.1.0.7'), pod('10.1.0.8'), pod('10.1.0.9', 'Cart_0'))] });
    const names = hostsOf(state);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^shop\/pod-[a-z2-7]{10}\.east\.cart$/);
    expect(JSON.stringify([...(state.own.hosts ?? [])])).not.toContain('10.1.0.');
    expect(hostsOf(decided({ slices: [slice(pod('10.1.0.8'))] })).every((name) => names.includes(name))).toBe(
      true,
    );
  });

  it('have each of their ports once, however many ports of the Service lead there', () => {
    const http = { name: 'http', protocol: 'TCP', port: 8080 };
    const ports = [http, { ...http, name: 'web' }, { ...http, name: 'admin', port: 9090 }];
    const found = ({ own }: Decided): unknown =>
      own.hosts?.get(key('shop/cart-0.east.cart'))?.ports.map(({ name, port }) => [name, port]);
    const once = [
      ['http', 8080],
      ['admin', 9090],
    ];
    expect(found(decided({ slices: [{ ports, pods: [pod('10.1.0.7', 'cart-0')] }] }))).toEqual(once);
    const hostNames = new Map([[key('shop/cart'), ['cart-0']]]);
    const stated = ports.map(({ name, port }) => ({ name, port: port - 8000, targetPort: port }));
    expect(found(decided({ hostNames, ports: stated }))).toEqual(once);
  });

  it('are one host by two families', () => {
    const state = decided({ slices: [slice(pod('10.1.0.7', 'cart-0')), slice(pod('fd00::7', 'cart-0'))] });
    expect(hostsOf(state)).toEqual(['shop/cart-0.east.cart']);
    const { plainPods = [] } = state.view.services.get(key('shop/cart-0.east.cart'))!;
    expect(plainPods.flatMap(({ pods }) => pods.map(({ address }) => address))).toEqual([
      '10.1.0.7',
      'fd00::7',
    ]);
  });

  it.each([
    ['it is not exported', { exports: [] }],
    ['it is not headless', { type: 'ClusterSetIP' }],
    ['they listen for no TCP', { slices: [{ ...two[0]!, ports: two[0]!.ports.slice(1) }] }],
  ] as const)('are offered to nobody where %s', (_, given) => {
    expect(hostsOf(decided({ slices: two, ...given }))).toEqual([]);
  });

  it('are 250 at most, which is said', () => {
    const pods = Array.from({ length: 251 }, (_, i) => pod(`10.1.1.${i}`, `cart-${i}`));
    const state = decided({ slices: [slice(...pods)] });
    expect(hostsOf(state)).toHaveLength(250);
    expect(state.faults).toMatchObject([
      {
        code: 'quota_exceeded',
        subject: 'serviceexport/shop/cart',
        message: expect.stringContaining('251') as string,
      },
    ]);
  });
});

describe('the name of a pod that has gone', () => {
  const before: HostNames = new Map([[key('shop/cart'), ['cart-0', 'cart-1']]]);

  it('is kept, with no endpoint, until it is back', () => {
    const state = decided({ slices: [slice(pod('10.1.0.7', 'cart-0'))], hostNames: before });
    expect(hostsOf(state)).toEqual(['shop/cart-0.east.cart', 'shop/cart-1.east.cart']);
    expect(state.own.hosts?.get(key('shop/cart-1.east.cart'))).toMatchObject({
      zones: [],
      ports: [{ name: 'http' }],
    });
    expect(state.hostNames).toBe(before);
    expect(decided({ slices: [slice(pod('10.1.0.7', 'cart-2'))], hostNames: before }).hostNames).toEqual(
      new Map([[key('shop/cart'), ['cart-0', 'cart-1', 'cart-2']]]),
    );
  });

  it('is given up with the export, and for pods that are there', () => {
    expect(decided({ exports: [], hostNames: before }).hostNames).toEqual(new Map());
    const pods = Array.from({ length: 249 }, (_, i) => pod(`10.1.1.${i}`, `other-${i}`));
    const names = decided({ slices: [slice(...pods)], hostNames: before }).hostNames.get(key('shop/cart'));
    expect(names).toHaveLength(250);
    expect(names?.slice(0, 2)).toEqual(['cart-0', 'other-0']);
  });

  it('is none that was made for it', () => {
    expect(decided({ slices: [slice(pod('10.1.0.7'))] }).hostNames).toEqual(
      new Map([[key('shop/cart'), []]]),
    );
  });

  it('is read back from its text, and of damaged text nothing that is no name', () => {
    expect(readHostNames(hostNamesText(before))).toEqual(before);
    for (const text of [
      undefined,
      '',
      '{',
      'null',
      '{}',
      '[1, null, "a"]',
      '[["a.b/c", ["x"]], ["shop/cart"]]',
    ])
      expect(readHostNames(text)).toEqual(new Map());
    expect(readHostNames('[["shop/cart", ["cart-0", 1, "A", null, "a.b"]]]')).toEqual(
      new Map([[key('shop/cart'), ['cart-0']]]),
    );
  });
});
