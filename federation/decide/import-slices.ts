/** The endpoints of an import, cluster by cluster, each with the ports that its cluster exports as the import has them. */
import type { ImportSlice } from '../../mesh/model/multicluster.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { PodAddress, PodPort, PodSlice, ServiceTraits, StatedPort } from '../../mesh/model/service.ts';
import type { ExportOffer } from './merge-exports.ts';

/** `traits` are those of the import; what clashes with an older export is not served by its cluster (KEP-1645, S57). */
export function importSlices<Offer extends ExportOffer>(
  offers: readonly Offer[],
  traits: ServiceTraits,
  podsOf: (offer: Offer) => readonly PodSlice[],
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

/**
 * Without endpoints of clusters that are not heard any more (S52), port by port: where no other cluster has one that is ready
 * they stay, because one that may be stale is better than none.
 */
export function withoutUnheard(
  slices: readonly ImportSlice[],
  unheard: ReadonlySet<ClusterName>,
): readonly ImportSlice[] {
  const heard = slices.filter(({ cluster }) => !unheard.has(cluster));
  const served = new Set(
    heard.flatMap(({ slice: { ports, pods } }) =>
      pods.filter(({ ready }) => ready).flatMap((pod) => ports.map((port) => placeOf(port, pod))),
    ),
  );
  return slices.flatMap(({ cluster, slice: { ports, pods } }) => {
    const isNeeded = (port: PodPort): boolean => pods.some((pod) => !served.has(placeOf(port, pod)));
    const kept = unheard.has(cluster) ? ports.filter(isNeeded) : ports;
    return kept.length === 0 ? [] : [{ cluster, slice: { ports: kept, pods } }];
  });
}

/** Callers by IPv4 are not served by a pod that has IPv6 alone. */
function placeOf({ name }: PodPort, { address }: PodAddress): string {
  return `${address.includes(':') ? 'IPv6' : 'IPv4'} ${name}`;
}

function statedPorts({ service }: ExportOffer): readonly StatedPort[] {
  return service.traits?.ports ?? service.ports.map(({ name, port }) => ({ name, protocol: 'TCP', port }));
}

function textOf({ name = '', protocol, port }: StatedPort): string {
  return `${name} ${protocol}/${port}`;
}
