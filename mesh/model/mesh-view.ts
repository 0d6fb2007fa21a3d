/** All that one proxy of a cluster needs to know. Published whole and versioned; replaced, never edited. */
import type { TrustBundle } from './bundle.ts';
import type { ClusterInfo, ExportedPort, PeerLink, ZoneCapacity } from './catalog.ts';
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

/** What another cluster offers of a service. Endpoints themselves never cross: its gateway picks one. */
export interface RemoteOffer {
  readonly cluster: ClusterName;
  readonly ports: readonly ExportedPort[];
  readonly zones: readonly ZoneCapacity[];
  readonly serviceAccounts: readonly ServiceAccount[];
  /** Its gateway may answer too, for pods without a sidecar. */
  readonly plain?: true;
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
