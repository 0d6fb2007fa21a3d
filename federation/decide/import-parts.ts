/** The fields of an exported service that make up its import, copied field by field: nothing else comes along. */
import type { ExportedService } from '../../mesh/model/catalog.ts';
import type { Labels, PodSlice, ServiceTraits } from '../../mesh/model/service.ts';

type ImportParts = Pick<ExportedService, 'traits' | 'labels' | 'annotations' | 'podSlices'>;

/** What is empty is absent, as on the wire. */
export function importParts({ traits, labels, annotations, podSlices = [] }: ImportParts): ImportParts {
  return {
    ...(traits === undefined ? {} : { traits: copyTraits(traits) }),
    ...(isEmpty(labels) ? {} : { labels: { ...labels } }),
    ...(isEmpty(annotations) ? {} : { annotations: { ...annotations } }),
    ...(podSlices.length === 0 ? {} : { podSlices: podSlices.map(copySlice) }),
  };
}

function isEmpty(map: Labels = {}): boolean {
  return Object.keys(map).length === 0;
}

function copyTraits(traits: ServiceTraits): ServiceTraits {
  const {
    type,
    ports,
    sessionAffinity,
    affinitySeconds,
    internalTrafficPolicy,
    trafficDistribution,
    ipFamilies,
  } = traits;
  return {
    type,
    ports: ports.map(({ name, protocol, port, appProtocol }) => ({
      ...(name === undefined ? {} : { name }),
      ...{ protocol, port },
      ...(appProtocol === undefined ? {} : { appProtocol }),
    })),
    ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
    ...(affinitySeconds === undefined ? {} : { affinitySeconds }),
    ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
    ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
    ...(ipFamilies === undefined ? {} : { ipFamilies: [...ipFamilies] }),
  };
}

function copySlice({ ports, pods }: PodSlice): PodSlice {
  return {
    ports: ports.map(({ name, protocol, port }) => ({ name, protocol, port })),
    pods: pods.map(({ address, hostname, ready }) => ({
      ...{ address, ready },
      ...(hostname === undefined ? {} : { hostname }),
    })),
  };
}
