/** What the controller's admin API answers, and what the CLI prints with -o json. */
import type { PeerLink } from './catalog.ts';
import type { Fault } from './fault.ts';
import type { LocalPort } from './mesh-view.ts';
import type { ClusterName, ServiceKey } from './names.ts';
import type { AccessPolicy, FailoverPolicy } from './policy.ts';
import type { Endpoint } from './service.ts';
import type { EndpointGroup, Shares } from './shares.ts';

/** What a sidecar tells its controller, once a second when it changed. */
export interface ProxyReport {
  /** `<service>-<random>`: unique in the cluster. */
  readonly proxy: string;
  /** The service the workload belongs to. */
  readonly workload: ServiceKey;
  readonly viewVersion: number;
  readonly services: readonly ServiceObservation[];
}

/** How one sidecar sees one service it calls. */
export interface ServiceObservation {
  readonly service: ServiceKey;
  readonly groups: readonly EndpointGroup[];
  /** Requests (HTTP) or connections (TCP) sent since start, by destination cluster. */
  readonly sent: Readonly<Record<string, number>>;
  readonly failed: number;
  /** Requests per second and latency over the last seconds. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface ClusterStatus {
  readonly cluster: ClusterName;
  readonly self: boolean;
  readonly region: string;
  readonly zone: string;
  readonly link?: PeerLink;
  readonly gateways: number;
  readonly exports: number;
  readonly imports: number;
  /** Milliseconds since the epoch at which its intermediate certificate ends, where known. */
  readonly trustEndsAt?: number;
  readonly version: string;
}

export interface StatusReport {
  readonly mesh: string;
  readonly cluster: ClusterName;
  readonly rootFingerprint: string;
  readonly bundleVersion: number;
  readonly sharedServices: number;
  readonly clusters: readonly ClusterStatus[];
  /** Manifests, peers and proxies that something is wrong with. */
  readonly faults: readonly Fault[];
  /** Proxies of this cluster: `behind` have not yet confirmed the newest view. */
  readonly proxies?: { readonly sidecars: number; readonly gateways: number; readonly behind: number };
  readonly now: number;
}

export interface ExplainReport {
  readonly from: ServiceKey;
  readonly to: ServiceKey;
  readonly port: number;
  readonly vantage: { readonly cluster: ClusterName; readonly region: string; readonly zone: string };
  readonly policy: { readonly name: string; readonly generation: number; readonly threshold: number };
  readonly shares: Shares;
  /** `sidecar` when a sidecar of the source reported its own view; `catalog` when none did. */
  readonly seenBy: 'sidecar' | 'catalog';
  /** Measured percent of requests per cluster, over what the sidecars counted; absent when none did. */
  readonly measured?: Readonly<Record<string, number>>;
  /** What would happen if this cluster, then this region, went down. */
  readonly whatIf: readonly { readonly down: string; readonly shares: Shares }[];
}

export interface MeshEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** What a service would do with some clusters or regions down. */
export interface SimulatedService {
  readonly from?: ServiceKey;
  readonly to: ServiceKey;
  readonly port: number;
  readonly before: Shares;
  readonly after: Shares;
}

export interface SimulateReport {
  /** Names of clusters or regions. */
  readonly down: readonly string[];
  readonly services: readonly SimulatedService[];
}

export interface ServiceSummary {
  readonly service: ServiceKey;
  readonly ports: readonly LocalPort[];
  readonly exported: boolean;
  readonly ready: number;
  readonly total: number;
  readonly remote: readonly {
    readonly cluster: ClusterName;
    readonly ready: number;
    readonly total: number;
  }[];
}

export interface ExportSummary {
  readonly service: ServiceKey;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly ports: readonly number[];
  readonly ready: number;
  readonly total: number;
  /** Why nothing is offered, when nothing is. */
  readonly fault?: Fault;
}

export interface ImportSummary {
  readonly service: ServiceKey;
  readonly ports: readonly number[];
  /** Clusters that export it. */
  readonly clusters: readonly ClusterName[];
  /** False: its namespace does not exist here, or is a system namespace. */
  readonly imported: boolean;
}

export interface PolicySummary {
  readonly failover: readonly { readonly target: ServiceKey; readonly policy: FailoverPolicy }[];
  readonly access: readonly AccessPolicy[];
}

export interface EndpointSummary extends Endpoint {
  readonly service: ServiceKey;
  /** Registered by a live proxy, or stated in a manifest. */
  readonly source: 'proxy' | 'manifest';
}
