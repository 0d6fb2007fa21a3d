/** What one cluster offers the others, and what is known of a peer. */
import type { ClusterName, RouteId, ServiceAccount, ServiceKey } from './names.ts';
import type { AppProtocol, Labels, PodSlice, ServiceTraits } from './service.ts';

export interface ExportedPort {
  readonly name: string;
  readonly port: number;
  readonly appProtocol: AppProtocol;
  readonly routeId: RouteId;
}

export interface ZoneCapacity {
  readonly region: string;
  readonly zone: string;
  readonly ready: number;
  readonly total: number;
}

export interface ExportedService {
  readonly key: ServiceKey;
  /** Milliseconds since the epoch, as the exporting cluster states it. */
  readonly exportedAt: number;
  readonly ports: readonly ExportedPort[];
  readonly zones: readonly ZoneCapacity[];
  /** The service accounts its endpoints may prove; a client refuses any other. */
  readonly serviceAccounts: readonly ServiceAccount[];
  /** Some of its endpoints are pods without a sidecar: the cluster's gateway may answer for them. */
  readonly plain?: true;
  /** Absent: a Service of the ports above, and nothing else. */
  readonly traits?: ServiceTraits;
  /** For the import, as the ServiceExport states them. */
  readonly labels?: Labels;
  readonly annotations?: Labels;
  /** Only of a cluster that shares its network. */
  readonly podSlices?: readonly PodSlice[];
  /** Only of a host that is one pod with a sidecar, in a cluster that shares its network: see host-key.ts. */
  readonly sidecar?: SidecarAddress;
}

/** Where a sidecar takes mesh connections: at its pod's own address. */
export interface SidecarAddress {
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
}

export interface GatewayAddress {
  /** IP address or host name, as other clusters reach it. */
  readonly host: string;
  readonly port: number;
  readonly zone: string;
}

export interface ClusterInfo {
  readonly cluster: ClusterName;
  readonly region: string;
  readonly zone: string;
  readonly network: string;
  /** Gateways that take new connections now; a draining one is left out. */
  readonly gateways: readonly GatewayAddress[];
  /** Version of Isthmus that the cluster runs. */
  readonly version: string;
}

/** `up`: heard within the heartbeat bound. `stale`: the control link is lost, the catalog is kept and used. */
export type LinkState = 'connecting' | 'up' | 'stale' | 'left';

export interface PeerLink {
  readonly state: LinkState;
  /** Milliseconds since the epoch of the last change of state. */
  readonly since: number;
  readonly rttMs?: number;
  /** Why it is not up, in words. */
  readonly note?: string;
}

export interface PeerCatalog {
  readonly info: ClusterInfo;
  readonly link: PeerLink;
  readonly services: ReadonlyMap<ServiceKey, ExportedService>;
  /** Of headless services, by their own keys: see host-key.ts. Absent: none. */
  readonly hosts?: ReadonlyMap<ServiceKey, ExportedService>;
}
