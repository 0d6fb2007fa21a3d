import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExportedPort } from '../../mesh/model/catalog.ts';
import type { AppProtocol, ServicePort } from '../../mesh/model/service.ts';
import { mergePorts, type PortOffer } from './merge-ports.ts';
import { cluster, exported, key, routeIdOf, service, type PortText } from './testing/sample-state.ts';

const self = cluster('c0');
const routes = (port: number): ReturnType<typeof routeIdOf> => routeIdOf(key('shop/cart'), port);
const offer = (name: string, exportedAt: number, ports: readonly PortText[]): PortOffer => ({
  ...{ cluster: cluster(name), exportedAt, ports: exported('shop/cart', exportedAt, ports).ports },
});
const local = (ports: readonly PortText[]): readonly ServicePort[] => service('shop/cart', ports).ports;
const numbers = (ports: readonly { port: number }[] | undefined): number[] =>
  (ports ?? []).map(({ port }) => port);

describe('merged ports', () => {
  // The cases of KEP-1645's conformance suite (R10, R11, O9, O10), then those of a Service of this cluster (S27).
  it.each([
    [
      'unites ports that agree',
      [],
      [offer('c1', 1, [{ port: 42, name: 'tcp' }]), offer('c2', 2, [{ port: 142, name: 'other' }])],
      [42, 142],
      { c1: [42], c2: [142] },
      0,
    ],
    [
      'gives a name to the oldest export',
      [],
      [offer('c2', 1, [{ port: 42, name: 'tcp' }]), offer('c1', 2, [{ port: 4242, name: 'tcp' }])],
      [42],
      { c2: [42] },
      1,
    ],
    [
      'leaves each port to the cluster that has it',
      [],
      [offer('c1', 1, [{ port: 42, name: 'tcp' }]), offer('c2', 2, [{ port: 4242, name: 'tcp2' }])],
      [42, 4242],
      { c1: [42], c2: [4242] },
      0,
    ],
    [
      'takes the first cluster by name at equal age',
      [],
      [offer('c2', 1, [{ port: 43, name: 'tcp' }]), offer('c1', 1, [{ port: 42, name: 'tcp' }])],
      [42],
      { c1: [42] },
      1,
    ],
    [
      'counts unnamed ports as one name',
      [],
      [offer('c1', 1, [{ port: 80 }]), offer('c2', 2, [{ port: 81 }])],
      [80],
      { c1: [80] },
      1,
    ],
    [
      'leaves out a port that speaks otherwise',
      [],
      [
        offer('c1', 1, [{ port: 80, appProtocol: 'http' }]),
        offer('c2', 2, [{ port: 80, appProtocol: 'tcp' }]),
      ],
      [80],
      { c1: [80] },
      1,
    ],
    [
      'lets a detected protocol join',
      [],
      [
        offer('c1', 1, [{ port: 80, appProtocol: 'http' }]),
        offer('c2', 2, [{ port: 80, appProtocol: 'detect' }]),
      ],
      [80],
      { c1: [80], c2: [80] },
      0,
    ],
    [
      'joins equal numbers under other names',
      [],
      [offer('c1', 1, [{ port: 80, name: 'a' }]), offer('c2', 2, [{ port: 80, name: 'b' }])],
      [80],
      { c1: [80], c2: [80] },
      0,
    ],
    [
      'keeps the Service of this cluster before older exports',
      [{ port: 80, name: 'web' }],
      [offer('c1', 1, [{ port: 81, name: 'web' }])],
      [80],
      {},
      1,
    ],
    [
      'adds ports that the Service of this cluster lacks',
      [{ port: 80, name: 'web' }],
      [offer('c1', 1, [{ port: 81, name: 'admin' }])],
      [80, 81],
      { c1: [81] },
      0,
    ],
  ] as const)('%s', (_what, own, offers, ports, usable, conflicts) => {
    const merged = mergePorts({ self, local: local(own), offers, routeIdOf: routes });
    expect(numbers(merged.ports)).toEqual(ports);
    expect(Object.fromEntries([...merged.usable].map(([name, list]) => [name, numbers(list)]))).toEqual(
      usable,
    );
    expect(merged.conflicts).toHaveLength(conflicts);
    const ownPorts = numbers(local(own));
    expect(merged.ports.map(({ port, remoteOnly }) => [port, remoteOnly === true])).toEqual(
      numbers(merged.ports).map((port) => [port, !ownPorts.includes(port)]),
    );
  });

  it('names both clusters of a conflict', () => {
    const offers = [offer('c2', 1, [{ port: 42, name: 'tcp' }]), offer('c1', 2, [{ port: 43, name: 'tcp' }])];
    const { conflicts } = mergePorts({ self, local: [], offers, routeIdOf: routes });
    expect(conflicts).toEqual([{ port: 43, winner: 'c2', loser: 'c1', what: 'name' }]);
  });

  const anyPort = fc.record({
    port: fc.integer({ min: 80, max: 84 }),
    name: fc.constantFrom('', 'a', 'b', 'c'),
    appProtocol: fc.constantFrom<AppProtocol>('http', 'tcp', 'detect'),
  });
  const distinct = (ports: readonly PortText[]): PortText[] =>
    [...new Map(ports.map((port) => [port.port, port])).values()].filter(
      (port, i, all) => all.findIndex(({ name }) => name === port.name) === i,
    );
  const anyPorts = fc.array(anyPort, { maxLength: 4 }).map(distinct);
  const anyOffers = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 3 }), anyPorts), { maxLength: 5 })
    .map((list) => list.map(([age, ports], i) => offer(`c${i + 1}`, age, ports)));

  it('never doubles a name or number, never changes a local port, and does not depend on the order of arrival', () => {
    fc.assert(
      fc.property(anyPorts, anyOffers, (own, offers) => {
        const merged = mergePorts({ self, local: local(own), offers, routeIdOf: routes });
        expect(new Set(numbers(merged.ports)).size).toBe(merged.ports.length);
        expect(new Set(merged.ports.map(({ name }) => name)).size).toBe(merged.ports.length);
        expect(merged.ports.slice(0, own.length)).toEqual(
          local(own).map((port) => ({ ...port, routeId: routes(port.port) })),
        );
        const usable = [...merged.usable.values()].flat();
        expect(usable.every((port: ExportedPort) => numbers(merged.ports).includes(port.port))).toBe(true);
        const reversed = mergePorts({
          self,
          local: local(own),
          offers: [...offers].reverse(),
          routeIdOf: routes,
        });
        expect(reversed).toEqual(merged);
      }),
    );
  });
});
