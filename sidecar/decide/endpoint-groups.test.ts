import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointGroups, groupKey, type GroupsInput } from './endpoint-groups.ts';

const self = { mesh: 'acme', cluster: 'east', region: 'eu', zone: 'eu-1' };
const endpoint = (id: string, zone: string, ready = true) => ({
  ...{ id, address: '127.0.0.1', port: 1, region: 'eu', zone, ready, serviceAccount: 'cart' },
});
const offer = (cluster: string, ready: number, total: number, port = 80) => ({
  ...{ cluster, ports: [{ name: '', port, appProtocol: 'http', routeId: 'x' }], serviceAccounts: ['cart'] },
  zones: [{ region: 'us', zone: 'us-1', ready, total }],
});
const peer = (state: string) => ({ info: { gateways: [] }, link: { state, since: 0 } });

function input(parts: {
  local?: unknown[];
  remote?: unknown[];
  peers?: [string, unknown][];
  remoteOnly?: boolean;
}): GroupsInput {
  const ports = [
    {
      name: '',
      port: 80,
      targetPort: 80,
      appProtocol: 'http',
      routeId: 'x',
      remoteOnly: parts.remoteOnly ?? false,
    },
  ];
  return {
    ...{
      self,
      port: 80,
      service: { key: 'shop/cart', ports, local: parts.local ?? [], remote: parts.remote ?? [] },
    },
    peers: new Map(parts.peers ?? []),
    ofEndpoint: ({ id }: { id: string }) =>
      id.startsWith('bad') ? { usable: false, note: 'ejected: x' } : { usable: true },
    ofCluster: (cluster: string) =>
      cluster === 'silent' ? { usable: false, note: 'suspect: x' } : { usable: true },
  } as unknown as GroupsInput;
}

describe('endpointGroups', () => {
  it('counts a zone of this cluster: all, ready, healthy, and says what is wrong', () => {
    const local = [
      endpoint('a', 'eu-1'),
      endpoint('bad', 'eu-1'),
      endpoint('b', 'eu-1', false),
      endpoint('c', 'eu-2'),
    ];
    expect(endpointGroups(input({ local }))).toEqual([
      {
        cluster: 'east',
        region: 'eu',
        zone: 'eu-1',
        total: 3,
        ready: 2,
        healthy: 1,
        ramp: 1,
        note: 'ejected: x',
      },
      { cluster: 'east', region: 'eu', zone: 'eu-2', total: 1, ready: 1, healthy: 1, ramp: 1 },
    ]);
  });

  it.each([
    ['up', offer('west', 2, 3), 'up', [{ ready: 2, healthy: 2 }]],
    [
      'stale control link: still used',
      offer('west', 2, 3),
      'stale',
      [{ healthy: 2, note: 'control link lost; data path ok: still used' }],
    ],
    ['silent', offer('silent', 2, 3), 'up', [{ ready: 2, healthy: 0, note: 'suspect: x' }]],
    ['left the mesh', offer('west', 2, 3), 'left', []],
    ['another port only', offer('west', 2, 3, 81), 'up', []],
  ])('of another cluster: %s', (_, remote, state, wanted) => {
    const groups = endpointGroups(input({ remote: [remote], peers: [[remote.cluster, peer(state)]] }));
    expect(groups).toMatchObject(wanted);
    expect(groups).toHaveLength(wanted.length);
  });

  it('has no group here for a port that only others serve', () => {
    expect(endpointGroups(input({ local: [endpoint('a', 'eu-1')], remoteOnly: true }))).toEqual([]);
  });

  it('keeps healthy <= ready <= total, and one group for each place', () => {
    const zones = fc.constantFrom('eu-1', 'eu-2', 'eu-3');
    const some = fc.array(fc.tuple(fc.constantFrom('good', 'bad'), zones, fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(some, (endpoints) => {
        const groups = endpointGroups(
          input({ local: endpoints.map(([id, zone, ready]) => endpoint(id, zone, ready)) }),
        );
        for (const { healthy, ready, total } of groups) expect(healthy <= ready && ready <= total).toBe(true);
        expect(groups.reduce((sum, { total }) => sum + total, 0)).toBe(endpoints.length);
        expect(new Set(groups.map(groupKey)).size).toBe(groups.length);
      }),
    );
  });
});
