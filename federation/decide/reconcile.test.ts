import { describe, expect, it } from 'vitest';
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';
import type { MeshName } from '../../mesh/model/names.ts';
import type { LocalState } from './own-catalog.ts';
import { reconcile, type Gathered } from './reconcile.ts';
import { cluster, key, localState, routeIdOf, service, sidecar } from './testing/sample-state.ts';

const config: ClusterConfig = {
  ...{ mesh: 'acme' as MeshName, cluster: cluster('east'), region: 'eu', zone: 'eu-1', network: 'east' },
  ...{ gateway: { host: '127.0.0.1', port: 15443 }, allowLoopbackPeers: false },
  controller: {
    ...{
      host: '127.0.0.1',
      federationPort: 0,
      joinPort: 0,
      discoveryPort: 0,
      enrolmentPort: 0,
      adminPort: 0,
    },
  },
};

function gatheredOf(local: LocalState, registrations: Gathered['registrations'] = []): Gathered {
  return {
    ...{ config, version: '0.1.0', objects: { ...local, faults: [] }, routeIdOf, registrations },
    ...{ peers: new Map(), unheard: new Set(), peerFaults: [], plainPorts: new Map(), hostNames: new Map() },
  };
}

function faultsOf(registrations: Gathered['registrations'], namespaces?: string[]): string[] {
  const local = localState({
    services: [service('shop/cart')],
    ...(namespaces === undefined ? {} : { namespaces }),
  });
  const { faults } = reconcile(gatheredOf(local, registrations));
  return faults.map(({ subject, message }) => `${subject}: ${message}`);
}

describe('workloads of a service that no manifest states', () => {
  const order = { service: key('shop/order') };
  const fault = 'shop/order: workloads run for it, but there is no Service of this name';
  it.each([
    ['are told, once for each service', [sidecar('a', order), sidecar('b', order)], ['shop'], [fault]],
    [
      'are told with an absent namespace',
      [sidecar('a', order)],
      [],
      [`${fault}, nor any other in its namespace`],
    ],
    [
      'are well while they serve nothing: they only call others',
      [sidecar('a', { ...order, ready: false })],
      ['shop'],
      [],
    ],
    ['are not those of a stated one', [sidecar('a')], ['shop'], []],
  ])('%s', (_, registrations, namespaces, told) => {
    expect(faultsOf(registrations, namespaces)).toEqual(told);
  });
});

it('decides imports only where somebody looks for them; the catalog and the view are the same', () => {
  const gathered = gatheredOf(localState({ services: [service('shop/cart')], exports: ['shop/cart'] }));
  const { multicluster: shown, ...decided } = reconcile(gathered);
  const { multicluster: none, ...rest } = reconcile({ ...gathered, showsImports: false });
  expect([...shown.imports.keys(), ...shown.exports.keys()]).toEqual(['shop/cart', 'shop/cart']);
  expect([...none.imports.keys(), ...none.exports.keys()]).toEqual([]);
  expect(rest).toEqual(decided);
});
