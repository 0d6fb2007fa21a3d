import { describe, expect, it } from 'vitest';
import type { ExportedService } from '../../mesh/model/catalog.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { PodSlice, ServiceTraits, StatedPort } from '../../mesh/model/service.ts';
import { importSlices } from './import-slices.ts';
import { mergeExports, type ExportOffer } from './merge-exports.ts';

const tcp: StatedPort = { name: 'tcp', protocol: 'TCP', port: 42 };
const pods: PodSlice = {
  ports: [
    { name: 'tcp', protocol: 'TCP', port: 8042 },
    { name: 'tcp2', protocol: 'TCP', port: 8043 },
  ],
  pods: [{ address: '10.1.0.7', ready: true }],
};

function offer(cluster: string, exportedAt: number, ports: readonly StatedPort[]): ExportOffer {
  const traits: ServiceTraits = { type: 'ClusterSetIP', ports };
  const service: ExportedService = {
    ...{ key: 'shop/cart' as ServiceKey, exportedAt, traits, ports: [], zones: [], serviceAccounts: [] },
  };
  return { cluster: cluster as ClusterName, service };
}
const served = (...offers: readonly ExportOffer[]): readonly (readonly [string, readonly string[]])[] =>
  importSlices(offers, mergeExports(offers).traits, () => [pods]).map(({ cluster, slice }) => [
    cluster,
    slice.ports.map(({ name }) => name),
  ]);

describe('the endpoints of an import', () => {
  it('are of one cluster each, with the ports that it exports', () => {
    expect(served(offer('west', 2, [tcp]), offer('east', 1, [tcp]))).toEqual([
      ['east', ['tcp']],
      ['west', ['tcp']],
    ]);
  });

  it('serve each port only where their cluster has it (O10)', () => {
    expect(served(offer('east', 1, [tcp]), offer('west', 2, [{ ...tcp, name: 'tcp2', port: 4242 }]))).toEqual(
      [
        ['east', ['tcp']],
        ['west', ['tcp2']],
      ],
    );
  });

  it('do not serve a port that an older export has otherwise (O9)', () => {
    expect(served(offer('east', 1, [tcp]), offer('west', 2, [{ ...tcp, port: 4242 }]))).toEqual([
      ['east', ['tcp']],
    ]);
  });

  it('are told apart by their protocol', () => {
    expect(served(offer('east', 1, [{ ...tcp, protocol: 'UDP' }]))).toEqual([]);
  });
});
