import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { ServiceTraits, StatedPort } from '../../mesh/model/service.ts';
import { mergeExports, type ExportOffer } from './merge-exports.ts';

const tcp = (name: string, port: number): StatedPort => ({ name, protocol: 'TCP', port });

function offer(cluster: string, exportedAt: number, traits: Partial<ServiceTraits> = {}): ExportOffer {
  return {
    cluster: cluster as ClusterName,
    service: {
      ...{ key: 'shop/cart' as ServiceKey, exportedAt, ports: [], zones: [], serviceAccounts: [] },
      traits: { type: 'ClusterSetIP', ports: [tcp('http', 80)], ...traits },
    },
  };
}

const reasons = (...offers: readonly ExportOffer[]): string[] =>
  mergeExports(offers).conflicts.map(({ reason }) => reason);

describe('the merge of exports (KEP-1645)', () => {
  it('M56: unites ports, by name first and then by protocol and number', () => {
    const { traits } = mergeExports([
      offer('east', 1, { ports: [tcp('http', 80), tcp('admin', 81)] }),
      offer('west', 2, {
        ports: [tcp('http', 8080), tcp('other', 81), tcp('grpc', 90), { ...tcp('dns', 80), protocol: 'UDP' }],
      }),
    ]);
    expect(traits.ports).toEqual([
      tcp('http', 80),
      tcp('admin', 81),
      tcp('grpc', 90),
      { ...tcp('dns', 80), protocol: 'UDP' },
    ]);
  });

  it('M56: two ports without a name are of one name', () => {
    const { traits } = mergeExports([
      offer('east', 1, { ports: [{ protocol: 'TCP', port: 80 }] }),
      offer('west', 2, { ports: [{ protocol: 'TCP', port: 81 }] }),
    ]);
    expect(traits.ports).toEqual([{ protocol: 'TCP', port: 80 }]);
  });

  it.each([
    ['without a name stays alone', undefined, 'http'],
    ['with a name is not joined by one without', 'http', undefined],
  ])('M56: the oldest port %s, because of several every one needs a name', (_what, older, younger) => {
    const port = (name: string | undefined, number: number): StatedPort => ({
      ...(name === undefined ? {} : { name }),
      ...{ protocol: 'TCP', port: number },
    });
    const { traits } = mergeExports([
      offer('east', 1, { ports: [port(older, 80)] }),
      offer('west', 2, { ports: [port(younger, 81)] }),
    ]);
    expect(traits.ports).toEqual([port(older, 80)]);
  });

  it.each([
    ['TypeConflict', { type: 'Headless' }],
    ['PortConflict', { ports: [tcp('http', 81)] }],
    ['SessionAffinityConflict', { sessionAffinity: 'ClientIP' }],
    ['SessionAffinityConfigConflict', { affinitySeconds: 5 }],
    ['InternalTrafficPolicyConflict', { internalTrafficPolicy: 'Local' }],
    ['TrafficDistributionConflict', { trafficDistribution: 'PreferClose' }],
    ['IPFamilyConflict', { ipFamilies: ['IPv6'] }],
  ] as const)('M53, M58: %s when they differ, and the oldest wins', (reason, traits) => {
    const [older, younger] = [offer('west', 1), offer('east', 2, traits)];
    expect(reasons(younger, older)).toEqual([reason]);
    expect(mergeExports([younger, older]).traits).toEqual(older.service.traits);
    const [conflict] = mergeExports([younger, older]).conflicts;
    expect(conflict?.message).toMatch(/of east differs: .* west, the oldest export$/);
  });

  it('O12: labels and annotations of the oldest win', () => {
    const labelled = (one: ExportOffer, team: string): ExportOffer => ({
      ...one,
      service: { ...one.service, labels: { team }, annotations: { note: team } },
    });
    const merged = mergeExports([labelled(offer('east', 2), 'east'), labelled(offer('west', 1), 'west')]);
    expect(merged).toMatchObject({ labels: { team: 'west' }, annotations: { note: 'west' } });
    expect(merged.conflicts.map(({ reason }) => reason)).toEqual(['LabelsConflict', 'AnnotationsConflict']);
  });

  it('takes what is absent for its default, and the order of ports and families for none', () => {
    const ports = [tcp('http', 80), tcp('admin', 81)];
    const plain = offer('east', 1, { ports, ipFamilies: ['IPv4', 'IPv6'] });
    const explicit = offer('west', 2, {
      ...{ ports: [...ports].reverse(), ipFamilies: ['IPv6', 'IPv4'] },
      ...{ sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' },
    });
    expect(reasons(plain, explicit)).toEqual([]);
  });

  it('reads a service that states its ports only', () => {
    const { traits: _traits, ...service } = offer('east', 1).service;
    const ports = [{ name: '', port: 80, appProtocol: 'http', routeId: 'x' as never }] as const;
    const { traits } = mergeExports([{ cluster: 'east' as ClusterName, service: { ...service, ports } }]);
    expect(traits).toEqual({ type: 'ClusterSetIP', ports: [{ protocol: 'TCP', port: 80 }] });
  });

  it('M59: comes to the same result in every cluster, whatever the order, also of equal ages', () => {
    const port = fc.record({ name: fc.constantFrom('a', 'b', 'c'), port: fc.integer({ min: 1, max: 3 }) });
    const ports = fc.uniqueArray(port, { maxLength: 3, minLength: 1, selector: ({ name }) => name });
    const traits = fc.record({
      type: fc.constantFrom('ClusterSetIP' as const, 'Headless' as const),
      ports: ports.map((list) => list.map((one) => ({ ...one, protocol: 'TCP' }))),
    });
    const offers = fc
      .array(fc.record({ age: fc.nat(2), traits }), { minLength: 1, maxLength: 4 })
      .map((list) => list.map(({ age, traits: stated }, i) => offer(`c${i}`, age, stated)));
    fc.assert(
      fc.property(
        offers.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(mergeExports(shuffled)).toEqual(mergeExports(list));
        },
      ),
    );
  });
});
