/** What the controller's admin API answers, and what the CLI prints with -o json. */
import type { PeerLink } from './catalog.ts';
import type { Fault } from './fault.ts';
import type { ClusterName, ServiceKey } from './names.ts';
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
