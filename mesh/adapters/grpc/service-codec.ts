/** One exported service to the wire of the exchange and back: there, what is absent is an empty text or 0. */
import type { StatedService } from '../../model/exchange-frame.ts';
import type { Labels, PodSlice, ServiceTraits } from '../../model/service.ts';
import type { PodSlice as WireSlice, Service, Traits } from './generated/isthmus/exchange/v1/exchange.ts';

export function encodeService(stated: StatedService): Service {
  const {
    exportedAt,
    ports,
    zones,
    serviceAccounts,
    traits,
    labels = {},
    annotations = {},
    podSlices = [],
    plain = false,
    sidecar,
    ...names
  } = stated;
  return {
    ...{
      ...names,
      exportedAtMs: exportedAt,
      ports,
      zones,
      serviceAccounts,
      labels,
      annotations,
      plain,
      sidecar,
    },
    traits: traits === undefined ? undefined : encodeTraits(traits),
    podSlices: podSlices.map(({ ports, pods }) => ({
      ports,
      pods: pods.map(({ hostname = '', ...pod }) => ({ ...pod, hostname })),
    })),
  };
}

export function decodeService(wire: Service): StatedService {
  const { exportedAtMs, traits, labels, annotations, podSlices, plain, sidecar, ...rest } = wire;
  return {
    ...{ ...rest, exportedAt: exportedAtMs },
    ...(traits === undefined ? {} : { traits: decodeTraits(traits) }),
    ...(plain ? { plain } : {}),
    ...(sidecar === undefined ? {} : { sidecar }),
    ...filled('labels', labels),
    ...filled('annotations', annotations),
    ...(podSlices.length === 0 ? {} : { podSlices: podSlices.map(decodeSlice) }),
  };
}

function decodeSlice({ ports, pods }: WireSlice): PodSlice {
  return {
    ports,
    pods: pods.map(({ hostname, ...pod }) => ({ ...pod, ...(hostname === '' ? {} : { hostname }) })),
  };
}

function encodeTraits(traits: ServiceTraits): Traits {
  return {
    type: traits.type,
    ports: traits.ports.map(({ name = '', protocol, port, appProtocol = '' }) => ({
      name,
      protocol,
      port,
      appProtocol,
    })),
    sessionAffinity: traits.sessionAffinity ?? '',
    affinitySeconds: traits.affinitySeconds ?? 0,
    internalTrafficPolicy: traits.internalTrafficPolicy ?? '',
    trafficDistribution: traits.trafficDistribution ?? '',
    ipFamilies: traits.ipFamilies ?? [],
  };
}

function decodeTraits(wire: Traits): ServiceTraits {
  const { sessionAffinity, affinitySeconds, internalTrafficPolicy, trafficDistribution, ipFamilies } = wire;
  return {
    // Whether it is one of the words is for the border to say.
    type: wire.type as ServiceTraits['type'],
    ports: wire.ports.map(({ name, protocol, port, appProtocol }) => ({
      ...(name === '' ? {} : { name }),
      ...{ protocol, port },
      ...(appProtocol === '' ? {} : { appProtocol }),
    })),
    ...(sessionAffinity === '' ? {} : { sessionAffinity }),
    ...(affinitySeconds === 0 ? {} : { affinitySeconds }),
    ...(internalTrafficPolicy === '' ? {} : { internalTrafficPolicy }),
    ...(trafficDistribution === '' ? {} : { trafficDistribution }),
    ...(ipFamilies.length === 0 ? {} : { ipFamilies }),
  };
}

function filled(name: 'labels' | 'annotations', map: Labels): Pick<StatedService, 'labels' | 'annotations'> {
  return Object.keys(map).length === 0 ? {} : { [name]: map };
}
