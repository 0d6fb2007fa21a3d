/** What the Multi-Cluster Services API shall say in one cluster (KEP-1645), free of any Kubernetes type. */
import type { ClusterInfo, PeerLink } from './catalog.ts';
import type { ClusterName, MeshName, Namespace, ServiceKey } from './names.ts';
import type { Reading } from './reading.ts';
import type { Labels, PodSlice, ServiceTraits, StatedPort } from './service.ts';

/** One service of the clusterset, as every cluster with its namespace imports it. */
export interface ServiceImport {
  readonly key: ServiceKey;
  /** Merged over all exports, oldest first. */
  readonly traits: ServiceTraits;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Those that export it, in order of name. */
  readonly clusters: readonly ClusterName[];
  /** Endpoints that callers here reach by their own addresses, each of one exporting cluster. */
  readonly slices: readonly ImportSlice[];
  /** Of a headless one: its pods in other networks, each of which has an address of its own here. */
  readonly hosts: readonly ImportHost[];
}

/** One pod of another network behind a headless import. */
export interface ImportHost {
  /** See host-key.ts. */
  readonly key: ServiceKey;
  /** Where the pod itself listens. */
  readonly ports: readonly StatedPort[];
  /** Plain proxies that lead to it; none: only callers with a sidecar get there. */
  readonly proxies: readonly PodSlice[];
  /** Under which it is called here; empty: it has no address yet. */
  readonly ips: readonly string[];
}

export interface ImportSlice {
  readonly cluster: ClusterName;
  /** With the ports of the import that this cluster serves, and no others. */
  readonly slice: PodSlice;
}

/** What became of one export of this cluster. */
export interface ExportState {
  readonly key: ServiceKey;
  /** The generation of the ServiceExport that was judged. */
  readonly generation?: number;
  readonly conditions: readonly StatedCondition[];
}

/** What became of one policy of this cluster. */
export interface PolicyState extends Pick<Reading, 'namespace' | 'name' | 'generation'> {
  readonly kind: 'FailoverPolicy' | 'AccessPolicy';
  readonly conditions: readonly StatedCondition[];
}

/** A condition (metav1.Condition) without the time of its last change, which its writer knows. */
export interface StatedCondition {
  readonly type: 'Valid' | 'Ready' | 'Conflict' | 'Accepted';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** One member of the mesh, as this cluster sees it. */
export interface MemberState {
  readonly info: ClusterInfo;
  /** Absent: it is this cluster. */
  readonly link?: PeerLink;
  /** Services that it exports. */
  readonly exports: number;
  /** Set: it is silent for so long that its pods are endpoints only where nobody else serves (S52). */
  readonly isUnheard?: true;
}

export interface MulticlusterState {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  /** Those in which workloads of the mesh may run. */
  readonly namespaces: ReadonlySet<Namespace>;
  readonly imports: ReadonlyMap<ServiceKey, ServiceImport>;
  readonly exports: ReadonlyMap<ServiceKey, ExportState>;
  readonly policies: readonly PolicyState[];
  /** All that are known, this one too. */
  readonly members: ReadonlyMap<ClusterName, MemberState>;
}
