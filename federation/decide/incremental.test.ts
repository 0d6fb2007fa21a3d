/** A pass with the memory of earlier ones decides what a pass with none does, after any history; and makes nothing anew in vain. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';
import type { PeerCatalog } from '../../mesh/model/catalog.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { Endpoint, PodSlice, Service, ServiceTraits } from '../../mesh/model/service.ts';
import { reconcile, reconcileMemory, type Gathered } from './reconcile.ts';
import type { ProxyRegistration } from './registrations.ts';
import {
  endpoint,
  exported,
  key,
  localState,
  peer,
  peersOf,
  routeIdOf,
  service,
  sidecar,
} from './testing/sample-state.ts';

const NAMES = ['shop/cart', 'shop/till', 'crm/mail'] as const;
type Name = (typeof NAMES)[number];
const name = fc.constantFrom(...NAMES);
const aFew = fc.integer({ min: 0, max: 2 });

const config = { mesh: 'acme', cluster: 'east', region: 'eu', zone: 'eu-1', network: 'lab' } as ClusterConfig;

type Change = (gathered: Gathered) => Gathered;

const slices = (address: string, ready: boolean): readonly PodSlice[] => [
  { ports: [{ name: '', protocol: 'TCP', port: 80 }], pods: [{ address, ready }] },
];

const podsNamed = (names: readonly (string | undefined)[], ready: boolean): readonly PodSlice[] => [
  {
    ports: [{ name: '', protocol: 'TCP', port: 80 }],
    pods: names.map((hostname, i) => ({
      ...{ address: `10.1.0.${i + 1}`, ready },
      ...(hostname === undefined ? {} : { hostname }),
    })),
  },
];

const headless = (at: Name): Service => ({
  ...service(at),
  traits: { type: 'Headless', ports: [{ protocol: 'TCP', port: 80 }] },
});

function inObjects<F extends keyof Gathered['objects']>(
  field: F,
  change: (value: NonNullable<Gathered['objects'][F]>) => NonNullable<Gathered['objects'][F]>,
): Change {
  return (gathered) => {
    const value = gathered.objects[field] as NonNullable<Gathered['objects'][F]>;
    return { ...gathered, objects: { ...gathered.objects, [field]: change(value) } };
  };
}

function having<K, V>(map: ReadonlyMap<K, V>, at: K, value: V | undefined): ReadonlyMap<K, V> {
  const next = new Map(map);
  if (value === undefined) next.delete(at);
  else next.set(at, value);
  return next;
}

const plain = (proxy: string, ready: boolean): ProxyRegistration => ({
  ...{ kind: 'plain', proxy, address: '10.2.0.9', port: 15008, region: 'eu', zone: 'eu-1', ready },
});

const endpointsIn = (at: Name, count: number): readonly Endpoint[] =>
  Array.from({ length: count }, (_, i) => endpoint(`${at}-${i}`, { zone: `eu-${count - i}`, ready: i > 0 }));

const change: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(name, aFew)
    .map(([at, n]) =>
      inObjects('services', (map) =>
        having(map, key(at), n === 0 ? undefined : service(at, [{ port: 79 + n }])),
      ),
    ),
  fc
    .tuple(name, aFew)
    .map(([at, n]) =>
      inObjects('exports', (map) =>
        having(map, key(at), n === 0 ? undefined : { key: key(at), createdAt: n }),
      ),
    ),
  fc
    .tuple(name, aFew)
    .map(([at, n]) => inObjects('endpoints', (map) => having(map, key(at), endpointsIn(at, n)))),
  name.map((at) => inObjects('services', (map) => having(map, key(at), headless(at)))),
  fc
    .tuple(name, fc.subarray(['a-0', 'a-1', undefined]), fc.boolean())
    .map(([at, names, ready]) =>
      inObjects('podSlices', (map) => having(map, key(at), podsNamed(names, ready))),
    ),
  fc.tuple(name, fc.subarray(['a-0', 'a-1']), aFew).map(([at, names, n]) => (gathered: Gathered) => {
    const before = gathered.peers.get('south' as never)!;
    const keys = names.map((hostname) => `${at.replace('/', `/${hostname}.south.`)}`);
    const sidecar = { address: `10.2.0.${n}`, port: 15_008 };
    const offered = (host: string) => ({
      ...exported(host, 1, [{ port: 80 + n }]),
      ...(n > 1 && { sidecar }),
    });
    const hosts = new Map(keys.map((host) => [key(host), offered(host)]));
    return { ...gathered, peers: having(gathered.peers, 'south' as never, { ...before, hosts }) };
  }),
  fc
    .tuple(name, fc.boolean())
    .map(([at, ready]) => inObjects('podSlices', (map) => having(map, key(at), slices('10.1.0.1', ready)))),
  fc.boolean().map((isOwn) => inObjects('ownAddresses', () => new Set(isOwn ? ['10.2.0.1'] : []))),
  fc.boolean().map((isOut) => inObjects('unreadyAddresses', () => new Set(isOut ? ['shop/127.0.0.1'] : []))),
  fc
    .boolean()
    .map((isThere) =>
      inObjects('namespaces', () => new Set((isThere ? ['shop', 'crm'] : ['shop']) as never[])),
    ),
  fc.tuple(name, aFew).map(([at, n]) => (gathered: Gathered) => ({
    ...gathered,
    registrations: Array.from({ length: n }, (_, i) =>
      sidecar(`proxy-${i}`, { service: key(at), ready: n > 1, ...(i === 1 && { address: '10.1.0.1' }) }),
    ),
  })),
  fc.tuple(aFew, fc.boolean()).map(([n, ready]) => (gathered: Gathered) => ({
    ...gathered,
    registrations: [
      ...gathered.registrations.filter(({ kind }) => kind !== 'plain'),
      ...Array.from({ length: n }, (_, i) => plain(`plain-${i}`, ready)),
    ],
  })),
  fc.subarray(['west', 'north', 'south']).map((silent) => (gathered: Gathered) => ({
    ...gathered,
    unheard: new Set(silent as ClusterName[]),
  })),
  fc.tuple(name, aFew).map(([at, n]) => (gathered: Gathered) => ({
    ...gathered,
    clustersetIps: (asked: ServiceKey) =>
      asked.includes(at.split('/')[1]!) && n > 0 ? [`10.96.0.${n}`] : [],
  })),
  fc.tuple(name, fc.boolean(), fc.boolean()).map(([at, isPlain, isHeadless]) => (gathered: Gathered) => {
    const before = gathered.peers.get('south' as never)!;
    const type = isHeadless ? 'Headless' : 'ClusterSetIP';
    const traits = { type, ports: [{ protocol: 'TCP', port: 80 }] } as ServiceTraits;
    const entry = { ...exported(at, 2), traits, ...(isPlain && { plain: true as const }) };
    const after = { ...before, services: having(before.services, key(at), entry) };
    return { ...gathered, peers: having(gathered.peers, 'south' as never, after) };
  }),
  fc
    .tuple(fc.constantFrom('west', 'north', 'south'), name, aFew)
    .map(([cluster, at, n]) => (gathered: Gathered) => {
      const before = gathered.peers.get(cluster as never)!;
      const entry =
        n === 0
          ? undefined
          : { ...exported(at, n, [{ port: 80 + n }]), podSlices: slices('10.2.0.1', n > 1) };
      const after: PeerCatalog = { ...before, services: having(before.services, key(at), entry) };
      return { ...gathered, peers: having(gathered.peers, cluster as never, after) };
    }),
  fc.constantFrom('up', 'stale', 'left').map((state) => (gathered: Gathered) => {
    const before = gathered.peers.get('west' as never)!;
    return {
      ...gathered,
      peers: having(gathered.peers, 'west' as never, { ...before, link: { state, since: 1 } }),
    };
  }),
);

function beginning(): Gathered {
  const local = localState({ services: NAMES.map((at) => service(at)), namespaces: ['shop', 'crm'] });
  const near = (cluster: string): PeerCatalog => {
    const catalog = peer(
      cluster,
      NAMES.map((at) => ({ ...exported(at, 1), podSlices: slices('10.2.0.2', true) })),
    );
    return { ...catalog, info: { ...catalog.info, network: 'lab' } };
  };
  return {
    ...{ config, version: '0.1.0', routeIdOf, registrations: [], peerFaults: [] },
    ...{ unheard: new Set(), plainPorts: new Map(), hostNames: new Map() },
    objects: {
      ...local,
      faults: [],
      podSlices: new Map(),
      ownAddresses: new Set(),
      unreadyAddresses: new Set(),
    },
    peers: peersOf(
      ...[near('west'), near('north')],
      peer(
        'south',
        NAMES.map((at) => exported(at, 3)),
      ),
    ),
  };
}

it('decides the same with the memory of any passes before it as with none', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const memory = reconcileMemory();
      let gathered = beginning();
      reconcile(gathered, memory);
      for (const next of changes) {
        gathered = next(gathered);
        const decided = reconcile(gathered, memory);
        expect(decided).toEqual(reconcile(gathered));
        gathered = { ...gathered, plainPorts: decided.plainPorts, hostNames: decided.hostNames };
      }
    }),
  );
});

it('makes nothing anew of services that have not changed', () => {
  const memory = reconcileMemory();
  const before = beginning();
  const exporting = {
    ...before,
    objects: { ...before.objects, exports: localState({ exports: NAMES }).exports },
  };
  const [till] = [key('shop/till')];
  const first = reconcile(exporting, memory);
  const changed = {
    ...exporting.objects,
    endpoints: new Map([[key('shop/cart'), endpointsIn('shop/cart', 2)]]),
  };
  const second = reconcile({ ...exporting, objects: changed }, memory);
  expect(second.own.services.get(key('shop/cart'))).not.toEqual(first.own.services.get(key('shop/cart')));
  expect(second.own.services.get(till)).toBe(first.own.services.get(till));
  expect(second.view.services.get(till)).toBe(first.view.services.get(till));
  expect(second.multicluster.imports.get(till)).toBe(first.multicluster.imports.get(till));
  expect(second.multicluster.exports.get(till)).toBe(first.multicluster.exports.get(till));
});
