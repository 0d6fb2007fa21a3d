import { describe, expect, it } from 'vitest';
import type { PeerCatalog } from '../../mesh/model/catalog.ts';
import type { MeshName, Namespace, ServiceKey } from '../../mesh/model/names.ts';
import type { ServiceTraits } from '../../mesh/model/service.ts';
import { decideMulticluster } from './multicluster.ts';
import { decideOwnCatalog } from './own-catalog.ts';
import {
  cluster,
  exported,
  key,
  localState,
  peer,
  peersOf,
  service,
  type LocalText,
} from './testing/sample-state.ts';

const mesh = 'acme' as MeshName;
const self = cluster('east');
const info = { cluster: self, region: 'eu', zone: 'eu-1', network: 'east', gateways: [], version: '0.1.0' };

function decide(
  text: LocalText,
  peers: readonly PeerCatalog[] = [],
  traits: Partial<Record<string, ServiceTraits>> = {},
) {
  const plain = localState(text);
  const services = new Map(
    [...plain.services].map(([name, one]) => [
      name,
      { ...one, ...(traits[name] ? { traits: traits[name] } : {}) },
    ]),
  );
  const local = { ...plain, services };
  return decideMulticluster({
    ...{ mesh, self, local, own: decideOwnCatalog(local, info) },
    peers: new Map(peers.map((one) => [one.info.cluster, one])),
    unheard: new Set(),
  });
}

const conditions = (state: ReturnType<typeof decide>, name: string): string[] =>
  (state.exports.get(key(name))?.conditions ?? []).map(
    ({ type, status, reason }) => `${type} ${status} ${reason}`,
  );
const cart = { services: [service('shop/cart')], exports: ['shop/cart'] };

describe('imports (KEP-1645)', () => {
  it('M18, M23: one for each exported service whose namespace is here, with its exporters', () => {
    const { imports } = decide(cart, [
      peer('west', [exported('shop/cart', 1), exported('shop/web', 1), exported('crm/lead', 1)]),
    ]);
    expect([...imports].map(([name, { clusters }]) => [name, clusters])).toEqual([
      ['shop/cart', ['east', 'west']],
      ['shop/web', ['west']],
    ]);
  });

  it('M7, M9: none of a service that is not exported, or by this cluster only', () => {
    expect(decide({ services: [service('shop/cart')] }).imports.size).toBe(0);
    const { imports } = decide({ services: [service('shop/cart')] }, [
      peer('west', [exported('shop/cart', 1)]),
    ]);
    expect(imports.get(key('shop/cart'))?.clusters).toEqual(['west']);
  });

  it('M21: of a cluster that is not heard stay, and of one that has left go', () => {
    const held = (state: 'stale' | 'left'): ServiceKey[] => [
      ...decide({}, [peer('west', [exported('shop/cart', 1)], state)]).imports.keys(),
    ];
    expect(held('stale')).toEqual(['shop/cart']);
    expect(held('left')).toEqual([]);
  });

  it('none in a system namespace, whatever a peer says', () => {
    const text = { namespaces: ['kube-system', 'isthmus-system'] };
    expect(
      decide(text, [peer('west', [exported('kube-system/dns', 1), exported('isthmus-system/x', 1)])]).imports
        .size,
    ).toBe(0);
  });
});

describe('conditions of exports (KEP-1645)', () => {
  it.each(['kube-system/kube-dns', 'default/kubernetes'])(
    'M16: %s is never offered, and says why',
    (name) => {
      const state = decide({ services: [service(name)], exports: [name] });
      expect(state.exports.get(key(name))?.conditions).toEqual([
        {
          ...{ type: 'Ready', status: 'False', reason: 'Failed' },
          message: `not offered: ${name} is of the system of its cluster, which is never exported`,
        },
      ]);
    },
  );

  it('one that cannot be used as it stands is told of what is there now, not of its version before', () => {
    const local = localState(cart);
    const faults = ['spec.exportedLabels: "a b" is no label'];
    const [namespace, name] = ['shop' as Namespace, 'cart'];
    const readings = new Map([
      ['cart', { kind: 'ServiceExport' as const, namespace, name, generation: 2, faults }],
    ]);
    const { exports } = decideMulticluster({
      ...{ mesh, self, local: { ...local, readings }, own: decideOwnCatalog(local, info) },
      ...{ peers: new Map(), unheard: new Set() },
    });
    expect(exports.get(key('shop/cart'))).toMatchObject({
      ...{ generation: 2, conditions: [{ type: 'Ready', status: 'False', reason: 'Failed' }] },
    });
  });

  it('M17: a good one is valid, exported and without conflicts', () => {
    expect(conditions(decide(cart), 'shop/cart')).toEqual([
      ...['Valid True Valid', 'Ready True Exported', 'Conflict False NoConflicts'],
    ]);
  });

  it('M17, M28: NoService, and InvalidServiceType for ExternalName', () => {
    const name: ServiceTraits = { type: 'ExternalName', ports: [] };
    expect(conditions(decide({ exports: ['shop/cart'] }), 'shop/cart')).toEqual([
      'Valid False NoService',
      'Ready False Failed',
    ]);
    const state = decide(cart, [], { 'shop/cart': name });
    expect(conditions(state, 'shop/cart')).toEqual(['Valid False InvalidServiceType', 'Ready False Failed']);
    expect(state.imports.size).toBe(0);
  });

  it('is told why what peers would refuse is not offered', () => {
    const nine: ServiceTraits = {
      type: 'ClusterSetIP',
      ports: [{ protocol: 'TCP', port: 80, appProtocol: 'a b' }],
    };
    const state = decide(cart, [], { 'shop/cart': nine });
    expect(conditions(state, 'shop/cart')).toEqual(['Valid True Valid', 'Ready False Failed']);
    expect(state.exports.get(key('shop/cart'))?.conditions[1]?.message).toContain(
      'traits.ports.appProtocol: must',
    );
    expect(state.imports.size).toBe(0);
  });

  it('M53: a conflict names all that differs, and both clusters; also where the namespace is not imported', () => {
    const headless: ServiceTraits = { type: 'Headless', ports: [{ protocol: 'TCP', port: 81 }] };
    const other = { ...exported('shop/cart', 1), traits: headless };
    const state = decide(cart, [peer('west', [other])]);
    expect(conditions(state, 'shop/cart')[2]).toBe('Conflict True PortConflict,TypeConflict');
    expect(state.exports.get(key('shop/cart'))?.conditions[2]?.message).toContain(
      'spec.type of east differs: used is that of west, the oldest export',
    );
  });

  it('tells the generation that it judged', () => {
    const plain = localState(cart);
    const one = { key: key('shop/cart'), createdAt: 1, generation: 7 };
    const local = { ...plain, exports: new Map([[one.key, one]]) };
    const state = decideMulticluster({
      mesh,
      self,
      local,
      own: decideOwnCatalog(local, info),
      peers: new Map(),
      unheard: new Set(),
    });
    expect(state.exports.get(one.key)?.generation).toBe(7);
  });
});

describe('a policy (GEP-713)', () => {
  it('is told whether what it is about is a Service here, or imported, or neither', () => {
    const local = localState(cart);
    const readings = new Map(
      ['cart', 'web', 'till'].map((name) => [
        name,
        {
          ...{ kind: 'AccessPolicy' as const, namespace: 'shop' as Namespace, name, faults: [] },
          target: key(`shop/${name}`),
        },
      ]),
    );
    const { policies } = decideMulticluster({
      ...{ mesh, self, local: { ...local, readings }, own: decideOwnCatalog(local, info) },
      ...{ peers: peersOf(peer('west', [exported('shop/web', 1)])), unheard: new Set() },
    });
    expect(policies.map(({ name, conditions: [accepted] }) => [name, accepted?.reason])).toEqual([
      ['cart', 'Accepted'],
      ['web', 'Accepted'],
      ['till', 'TargetNotFound'],
    ]);
  });
});

describe('members', () => {
  it('are this cluster and all that have not left, with their links and exports', () => {
    const peers = [peer('west', [exported('shop/cart', 1)], 'stale'), peer('north', [], 'left')];
    expect([...decide(cart, peers).members.values()]).toMatchObject([
      { info: { cluster: 'east' }, exports: 1 },
      { info: { cluster: 'west' }, link: { state: 'stale', since: 1 }, exports: 1 },
    ]);
  });

  it('do not change with each heartbeat', () => {
    const { link, ...west } = peer('west', []);
    const later = { ...west, link: { ...link, rttMs: 900 } };
    expect(decide({}, [later]).members).toEqual(decide({}, [peer('west', [])]).members);
  });
});
