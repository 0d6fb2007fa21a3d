/** Pods of headless services in one network: from the cluster that they are of, over its catalog, to the callers in another. */
import { describe, expect, it } from 'vitest';
import type { LinkState, PeerCatalog } from '../../mesh/model/catalog.ts';
import type { PodAddress, Service } from '../../mesh/model/service.ts';
import { reconcile, type Decided, type Gathered } from './reconcile.ts';
import {
  EAST,
  exported,
  key,
  localState,
  peer,
  peersOf,
  routeIdOf,
  sidecar,
} from './testing/sample-state.ts';

const cart: Service = {
  key: key('shop/cart'),
  ports: [{ name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' }],
  traits: { type: 'Headless', ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
};
const pod = (address: string, hostname: string): PodAddress => ({ address, hostname, ready: true });
const [own, theirs] = [key('shop/cart-0.east.cart'), key('shop/cart-0.west.cart')];
const THEIR_SIDECAR = { address: '10.2.0.7', port: 15_008 };

interface Given extends Partial<Pick<Gathered, 'peers' | 'registrations'>> {
  readonly network?: string;
  readonly pods?: readonly PodAddress[];
  readonly ownAddresses?: readonly string[];
}

/** East in the network `lab`, with the pod cart-0 and its sidecar. */
function decided({
  network = 'lab',
  pods = [pod('10.1.0.7', 'cart-0')],
  registrations = [sidecar('cart-0', { address: '10.1.0.7', port: 15_008 })],
  ownAddresses = [],
  peers = new Map(),
}: Given): Decided {
  return reconcile({
    ...{ config: { ...EAST, network }, version: '0.1.0', routeIdOf, registrations, peers, peerFaults: [] },
    ...{ plainPorts: new Map(), hostNames: new Map(), unheard: new Set() },
    objects: {
      ...localState({ services: [cart], exports: ['shop/cart'] }),
      podSlices: new Map([[cart.key, [{ ports: [{ name: 'http', protocol: 'TCP', port: 8080 }], pods }]]]),
      ...{ ownAddresses: new Set(ownAddresses), faults: [] },
    },
  });
}

/** A cluster that has such a pod, and states that its sidecar is there. */
function other(
  name: string,
  { network = 'lab', link = 'up' }: { network?: string; link?: LinkState } = {},
): PeerCatalog {
  const catalog = peer(name, [], link);
  const host = { ...exported(`shop/cart-0.${name}.cart`, 1), sidecar: THEIR_SIDECAR };
  return {
    ...{ ...catalog, info: { ...catalog.info, network } },
    hosts: new Map([[host.key, host]]),
  };
}

describe('a pod of a headless service', () => {
  it('is told with its sidecar only by a cluster that shares its network', () => {
    const told = (network: string): unknown => decided({ network }).own.hosts?.get(own)?.sidecar;
    expect(told('lab')).toEqual({ address: '10.1.0.7', port: 15_008 });
    expect(told('east')).toBeUndefined();
  });

  it.each(['lab', 'east'])('is called in its own cluster at its address, in network %s', (network) => {
    expect(decided({ network }).view.services.get(own)).toMatchObject({
      clustersetIps: ['10.1.0.7'],
      local: [{ id: 'cart-0' }],
    });
  });

  it('is called in the other cluster at its address too, past every gateway', () => {
    expect(decided({ peers: peersOf(other('west')) }).view.services.get(theirs)).toMatchObject({
      clustersetIps: ['10.2.0.7'],
      remote: [{ cluster: 'west', sidecar: THEIR_SIDECAR }],
    });
  });

  it.each([
    ['it is in another network', { peers: peersOf(other('west', { network: 'west' })) }],
    ['the caller is in another network', { network: 'east', peers: peersOf(other('west')) }],
  ])('is called through a gateway where %s', (_, given) => {
    const view = decided(given).view.services.get(theirs);
    expect(view?.remote).toMatchObject([{ cluster: 'west' }]);
    expect(view?.remote[0]).not.toHaveProperty('sidecar');
    expect(view).not.toHaveProperty('clustersetIps');
  });

  it('is not called any more when its cluster has left', () => {
    const { view } = decided({ peers: peersOf(other('west', { link: 'left' })) });
    expect(view.services.get(theirs)).toBeUndefined();
  });

  it('has no address of this cluster, whatever a peer states, which is said (S26)', () => {
    const state = decided({ ownAddresses: ['10.2.0.7'], peers: peersOf(other('west')) });
    expect(state.view.services.get(theirs)).not.toHaveProperty('clustersetIps');
    expect(state.faults).toMatchObject([
      { code: 'address_refused', subject: 'west', message: expect.stringContaining('10.2.0.7') as string },
    ]);
  });

  it('has no address that another cluster states as well, of which the first by name has it', () => {
    const state = decided({ peers: peersOf(other('west'), other('south')) });
    expect(state.view.services.get(key('shop/cart-0.south.cart'))?.clustersetIps).toEqual(['10.2.0.7']);
    expect(state.view.services.get(theirs)).not.toHaveProperty('clustersetIps');
    expect(state.faults).toMatchObject([
      { code: 'address_refused', subject: 'west', message: expect.stringContaining('south') as string },
    ]);
  });

  it.each([
    ['has no sidecar', { registrations: [] }],
    ['shares its name with another', { pods: [pod('10.1.0.7', 'cart-0'), pod('10.1.0.8', 'cart-0')] }],
  ])('is left to its own address, without the mesh, where it %s', (_, given) => {
    const state = decided(given);
    expect(state.view.services.get(own)).not.toHaveProperty('clustersetIps');
    expect(state.own.hosts?.get(own)).not.toHaveProperty('sidecar');
  });

  it('is one pod by two families', () => {
    const pods = [pod('10.1.0.7', 'cart-0'), pod('fd00::7', 'cart-0')];
    expect(decided({ pods }).view.services.get(own)?.clustersetIps).toEqual(['10.1.0.7']);
  });
});
