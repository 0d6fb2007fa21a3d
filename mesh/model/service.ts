/** Services, endpoints and exports of one cluster, free of any wire or Kubernetes type. */
import type { ServiceAccount, ServiceKey } from './names.ts';

/** `detect`: the first bytes of the client tell; server-first protocols must say `tcp`. */
export type AppProtocol = 'http' | 'tcp' | 'detect';

export interface ServicePort {
  /** Empty for the only port of a service, which may be unnamed. */
  readonly name: string;
  readonly port: number;
  readonly targetPort: number;
  readonly appProtocol: AppProtocol;
}

export interface Service {
  readonly key: ServiceKey;
  /** Those that the mesh carries. */
  readonly ports: readonly ServicePort[];
  /** Absent: a Service that states its ports and nothing else. */
  readonly traits?: ServiceTraits;
}

/**
 * What a Service says of itself beside what the data path reads. It goes with the export to the other clusters, where the
 * ServiceImport is made of it (KEP-1645, "Service Types" and "Conflict Resolution").
 */
export interface ServiceTraits {
  /** `ExternalName` is never exported. */
  readonly type: 'ClusterSetIP' | 'Headless' | 'ExternalName';
  /** Of every protocol, as stated. */
  readonly ports: readonly StatedPort[];
  readonly sessionAffinity?: string;
  /** Of `ClientIP` affinity, in seconds. */
  readonly affinitySeconds?: number;
  readonly internalTrafficPolicy?: string;
  readonly trafficDistribution?: string;
  /** `IPv4`, `IPv6`; in order of preference. */
  readonly ipFamilies?: readonly string[];
}

/** A port as the Service states it; a field that is absent there is absent here. */
export interface StatedPort {
  readonly name?: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol?: string;
}

/** One instance of a service: the address of an inbound mTLS listener, inside this cluster. */
export interface Endpoint {
  /** Unique within the cluster. */
  readonly id: string;
  /** IP address or host name. */
  readonly address: string;
  readonly port: number;
  readonly region: string;
  readonly zone: string;
  readonly ready: boolean;
  /** Who answers. Absent: the cluster's gateway, which stands for pods that have no sidecar. */
  readonly serviceAccount?: ServiceAccount;
}

/**
 * Pods behind a service that serve the same ports, by their own addresses: for callers in their network (KEP-1645,
 * "EndpointSlice"). What the mesh itself dials are `Endpoint`s.
 */
export interface PodSlice {
  readonly ports: readonly PodPort[];
  readonly pods: readonly PodAddress[];
}

export interface PodPort {
  /** Of the port of the service; empty where that has none. */
  readonly name: string;
  readonly protocol: string;
  /** Where the pods listen. */
  readonly port: number;
}

export interface PodAddress {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** Of a pod that has one of its own, as those of a StatefulSet have. */
  readonly hostname?: string;
  readonly ready: boolean;
}

export interface ServiceExport {
  readonly key: ServiceKey;
  /** Milliseconds since the epoch: precedence between clusters is oldest first (KEP-1645). */
  readonly createdAt: number;
  /** Counts the changes of its spec; absent where nobody counts. */
  readonly generation?: number;
  readonly labels?: Labels;
  readonly annotations?: Labels;
}

/** Labels or annotations that an import gets. */
export type Labels = Readonly<Record<string, string>>;
