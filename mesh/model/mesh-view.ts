/** All that one proxy of a cluster needs to know. Published whole and versioned; replaced, never edited. */
import type { TrustBundle } from './bundle.ts';
import type { ClusterInfo, ExportedPort, PeerLink, SidecarAddress, ZoneCapacity } from './catalog.ts';
import type { ClusterName, MeshName, RouteId, ServiceAccount, ServiceKey } from './names.ts';
import type { AccessPolicy, FailoverPolicy } from './policy.ts';
import type { Endpoint, PodSlice, ServicePort } from './service.ts';

export interface Self {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly region: string;
  readonly zone: string;
}

/** A service port as seen from here; `routeId` is the one of this cluster. */
export interface LocalPort extends ServicePort {
  readonly routeId: RouteId;
  /** No endpoint of this cluster serves it: other clusters export it, the Service here has no such port. */
  readonly remoteOnly?: boolean;
  /** Where plain proxies take connections to it from pods without a sidecar. Absent: pods reach all endpoints themselves. */
  readonly plainPort?: number;
}

/**
 * What another cluster offers of a service. Its gateway picks the endpoint; only a pod of a headless service is called
 * without it, in a cluster of the same network.
 */
export interface RemoteOffer {
  readonly cluster: ClusterName;
  readonly ports: readonly ExportedPort[];
  readonly zones: readonly ZoneCapacity[];
  readonly serviceAccounts: readonly ServiceAccount[];
  /** Its gateway may answer too, for pods without a sidecar. */
  readonly plain?: true;
  /** Of a host in the same network: it is called here, at its own address, and not through a gateway. */
  readonly sidecar?: SidecarAddress;
}

export interface ServiceView {
  readonly key: ServiceKey;
  /** Merged over all clusters, oldest export first (KEP-1645). `targetPort` and `routeId` hold for `local`. */
  readonly ports: readonly LocalPort[];
  readonly local: readonly Endpoint[];
  /** Pods of this cluster without a sidecar: plain proxies stand for them among `local`. Absent: none. */
  readonly plainPods?: readonly PodSlice[];
  readonly remote: readonly RemoteOffer[];
  readonly exported: boolean;
  readonly failover: FailoverPolicy;
  readonly access: readonly AccessPolicy[];
  /**
   * Under which pods of this cluster call it, in canonical form; absent: it is not imported here, or has none yet. Those
   * of a host in the same network are the pod's own.
   */
  readonly clustersetIps?: readonly string[];
}

export interface PeerView {
  readonly info: ClusterInfo;
  readonly link: PeerLink;
}

export interface MeshView {
  readonly version: number;
  readonly self: Self;
  readonly bundle: TrustBundle;
  readonly services: ReadonlyMap<ServiceKey, ServiceView>;
  readonly peers: ReadonlyMap<ClusterName, PeerView>;
}
