/** The endpoints of an import, cluster by cluster, each with the ports that its cluster exports as the import has them. */
import type { ImportSlice } from '../../mesh/model/multicluster.ts';
import type { PodSlice, ServiceTraits, StatedPort } from '../../mesh/model/service.ts';
import type { ExportOffer } from './merge-exports.ts';

/** `traits` are those of the import; what clashes with an older export is not served by its cluster (KEP-1645, S57). */
export function importSlices(
  offers: readonly ExportOffer[],
  traits: ServiceTraits,
  podsOf: (offer: ExportOffer) => readonly PodSlice[],
): readonly ImportSlice[] {
  const imported = new Set(traits.ports.map(textOf));
  const ordered = offers.toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1));
  return ordered.flatMap((offer) => {
    const served = statedPorts(offer).filter((port) => imported.has(textOf(port)));
    return podsOf(offer).flatMap(({ ports, pods }) => {
      const kept = ports.filter(({ name, protocol }) =>
        served.some((port) => (port.name ?? '') === name && port.protocol === protocol),
      );
      return kept.length === 0 ? [] : [{ cluster: offer.cluster, slice: { ports: kept, pods } }];
    });
  });
}

function statedPorts({ service }: ExportOffer): readonly StatedPort[] {
  return service.traits?.ports ?? service.ports.map(({ name, port }) => ({ name, protocol: 'TCP', port }));
}

function textOf({ name = '', protocol, port }: StatedPort): string {
  return `${name} ${protocol}/${port}`;
}
