/**
 * One service out of the exports of several clusters (KEP-1645, "Conflict Resolution"): what can be merged is, and where
 * exports differ the oldest one wins. Every cluster comes to the same result, as it follows from the exports alone.
 */
import { sameData } from '../../mesh/kit/same-data.ts';
import type { ExportedService } from '../../mesh/model/catalog.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { Labels, ServiceTraits, StatedPort } from '../../mesh/model/service.ts';

export interface ExportOffer {
  readonly cluster: ClusterName;
  readonly service: ExportedService;
}

/** `PortConflict` and so on: the reasons of the condition `Conflict`. */
export interface ExportConflict {
  readonly reason: string;
  /** For people: the field, who differs, who wins. */
  readonly message: string;
}

export interface MergedExports {
  readonly traits: ServiceTraits;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly conflicts: readonly ExportConflict[];
}

/** Oldest first; then by name, as creation times have a resolution of a second. */
function byPrecedence(a: ExportOffer, b: ExportOffer): number {
  return a.service.exportedAt - b.service.exportedAt || (a.cluster < b.cluster ? -1 : 1);
}

/** What each export states of a field, where exports that differ are in conflict. */
const FIELDS: readonly (readonly [reason: string, field: string, of: (offer: Stated) => unknown])[] = [
  ['PortConflict', 'spec.ports', ({ traits }) => comparable(traits.ports)],
  ['TypeConflict', 'spec.type', ({ traits }) => traits.type],
  ['SessionAffinityConflict', 'spec.sessionAffinity', ({ traits }) => traits.sessionAffinity ?? 'None'],
  ['SessionAffinityConfigConflict', 'spec.sessionAffinityConfig', ({ traits }) => traits.affinitySeconds],
  [
    'InternalTrafficPolicyConflict',
    'spec.internalTrafficPolicy',
    ({ traits }) => traits.internalTrafficPolicy ?? 'Cluster',
  ],
  ['TrafficDistributionConflict', 'spec.trafficDistribution', ({ traits }) => traits.trafficDistribution],
  ['IPFamilyConflict', 'spec.ipFamilies', ({ traits }) => [...(traits.ipFamilies ?? [])].sort()],
  ['LabelsConflict', 'spec.exportedLabels', ({ labels }) => labels],
  ['AnnotationsConflict', 'spec.exportedAnnotations', ({ annotations }) => annotations],
];

interface Stated {
  readonly cluster: ClusterName;
  readonly traits: ServiceTraits;
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** At least one offer. */
export function mergeExports(offers: readonly ExportOffer[]): MergedExports {
  const stated = [...offers].sort(byPrecedence).map(toStated);
  const [oldest] = stated;
  if (oldest === undefined) throw new Error('no exports to merge');
  const ports = mergePorts(stated.map(({ traits }) => traits.ports));
  const { labels, annotations, traits } = oldest;
  return { traits: { ...traits, ports }, labels, annotations, conflicts: conflictsOf(oldest, stated) };
}

function toStated({ cluster, service }: ExportOffer): Stated {
  const { ports, traits, labels = {}, annotations = {} } = service;
  return { cluster, labels, annotations, traits: traits ?? plainTraits(ports) };
}

/** Of a cluster that states ports only, as standalone ones do. */
function plainTraits(ports: ExportedService['ports']): ServiceTraits {
  return {
    type: 'ClusterSetIP',
    ports: ports.map(({ name, port }) => ({ ...(name === '' ? {} : { name }), protocol: 'TCP', port })),
  };
}

/** The union, by name first and then by protocol and number: a port that clashes with an older one is left out. */
function mergePorts(lists: readonly (readonly StatedPort[])[]): readonly StatedPort[] {
  const merged: StatedPort[] = [];
  for (const port of lists.flat()) {
    const clash = merged.some(
      (held) =>
        held.name === port.name ||
        // Of several ports every one has a name.
        held.name === undefined ||
        port.name === undefined ||
        (held.protocol === port.protocol && held.port === port.port),
    );
    if (!clash) merged.push(port);
  }
  return merged;
}

/** The order of ports says nothing. */
function comparable(ports: readonly StatedPort[]): readonly string[] {
  return ports
    .map(({ name = '', protocol, port, appProtocol = '' }) => `${name} ${protocol}/${port} ${appProtocol}`)
    .sort();
}

function conflictsOf(oldest: Stated, stated: readonly Stated[]): readonly ExportConflict[] {
  return FIELDS.flatMap(([reason, field, of]) => {
    const differing = stated.filter((one) => !sameData(of(one) ?? null, of(oldest) ?? null));
    if (differing.length === 0) return [];
    const names = differing.map(({ cluster }) => cluster).join(', ');
    const outcome = field === 'spec.ports' ? 'ports that clash are those of' : 'used is that of';
    return [
      { reason, message: `${field} of ${names} differs: ${outcome} ${oldest.cluster}, the oldest export` },
    ];
  });
}
