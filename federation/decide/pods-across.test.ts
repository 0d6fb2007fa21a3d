/** Whose pods go where: from the cluster that exports, over the catalog, into the import of another. */
import { describe, expect, it } from 'vitest';
import type { ClusterInfo } from '../../mesh/model/catalog.ts';
import type { MeshName } from '../../mesh/model/names.ts';
import type { PodSlice } from '../../mesh/model/service.ts';
import { decideMulticluster, stolenAddresses } from './multicluster.ts';
import { decideOwnCatalog } from './own-catalog.ts';
import { cluster, exported, key, localState, peer, service } from './testing/sample-state.ts';

const pods = (address: string): PodSlice => ({
  ports: [{ name: '', protocol: 'TCP', port: 8080 }],
  pods: [{ address, ready: true }],
});
const infoOf = (network: string): ClusterInfo => ({
  ...{ cluster: cluster('east'), region: 'eu', zone: 'eu-1', network, gateways: [], version: '0.1.0' },
});
const local = {
  ...localState({ services: [service('shop/cart')], exports: ['shop/cart'] }),
  podSlices: new Map([[key('shop/cart'), [pods('10.1.0.7')]]]),
};

describe('the pods of an exported service', () => {
  it('are told to others only by a cluster that shares its network', () => {
    const told = (network: string): unknown =>
      decideOwnCatalog(local, infoOf(network)).services.get(key('shop/cart'))?.podSlices;
    expect(told('lab')).toEqual([pods('10.1.0.7')]);
    expect(told('east')).toBeUndefined();
  });

  it.each([
    ['lab', 'lab', ['10.1.0.7', '10.2.0.7']],
    ['lab', 'west', ['10.1.0.7']],
    ['east', 'lab', ['10.1.0.7']],
  ])('are of use in network %s when the exporting cluster is in network %s', (own, others, addresses) => {
    const info = infoOf(own);
    const west = peer('west', [{ ...exported('shop/cart', 1), podSlices: [pods('10.2.0.7')] }]);
    const { imports } = decideMulticluster({
      ...{ mesh: 'acme' as MeshName, self: cluster('east'), local, own: decideOwnCatalog(local, info) },
      peers: new Map([[cluster('west'), { ...west, info: { ...west.info, network: others } }]]),
      unheard: new Set(),
    });
    const slices = imports.get(key('shop/cart'))?.slices ?? [];
    expect(slices.flatMap(({ slice }) => slice.pods.map(({ address }) => address))).toEqual(addresses);
  });

  it('are none of the other cluster where they are addresses of this one, which is said (S26)', () => {
    const info = infoOf('lab');
    const slice = { ...pods('10.2.0.7'), pods: [...pods('10.2.0.7').pods, ...pods('10.96.0.1').pods] };
    const west = peer('west', [{ ...exported('shop/cart', 1), podSlices: [slice] }]);
    const input = {
      local: { ...local, podSlices: new Map(), ownAddresses: new Set(['10.96.0.1', '10.1.0.7']) },
      own: decideOwnCatalog(local, info),
      peers: new Map([[cluster('west'), { ...west, info: { ...west.info, network: 'lab' } }]]),
    };
    const { imports } = decideMulticluster({
      ...{ ...input, mesh: 'acme' as MeshName, self: cluster('east'), unheard: new Set() },
    });
    expect(imports.get(key('shop/cart'))?.slices.flatMap(({ slice: { pods: kept } }) => kept)).toEqual(
      pods('10.2.0.7').pods,
    );
    expect(stolenAddresses(input)).toMatchObject([
      { code: 'address_refused', subject: 'west', message: expect.stringContaining('10.96.0.1') as string },
    ]);
  });
});
