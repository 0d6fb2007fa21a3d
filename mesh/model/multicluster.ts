/** What the Multi-Cluster Services API shall say in one cluster (KEP-1645), free of any Kubernetes type. */
import type { ClusterName, ServiceKey } from './names.ts';
import type { Labels, ServiceTraits } from './service.ts';

/** One service of the clusterset, as every cluster with its namespace imports it. */
export interface ServiceImport {
  readonly key: ServiceKey;
  /** Merged over all exports, oldest first. */
  readonly traits: ServiceTraits;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Those that export it, in order of name. */
  readonly clusters: readonly ClusterName[];
}

/** What became of one export of this cluster. */
export interface ExportState {
  readonly key: ServiceKey;
  /** The generation of the ServiceExport that was judged. */
  readonly generation?: number;
  readonly conditions: readonly StatedCondition[];
}

/** A condition (metav1.Condition) without the time of its last change, which its writer knows. */
export interface StatedCondition {
  readonly type: 'Valid' | 'Ready' | 'Conflict';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface MulticlusterState {
  readonly imports: ReadonlyMap<ServiceKey, ServiceImport>;
  readonly exports: ReadonlyMap<ServiceKey, ExportState>;
}
