import { describe, expect, it } from 'vitest';
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';
import type { MeshName } from '../../mesh/model/names.ts';
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

function faultsOf(registrations: Gathered['registrations'], namespaces?: string[]): string[] {
  const local = localState({
    services: [service('shop/cart')],
    ...(namespaces === undefined ? {} : { namespaces }),
  });
  const objects = { ...local, faults: [] };
  const { faults } = reconcile({
    ...{ config, version: '0.1.0', objects, routeIdOf, registrations, peers: new Map() },
    ...{ unheard: new Set(), peerFaults: [], plainPorts: new Map(), hostNames: new Map() },
  });
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
