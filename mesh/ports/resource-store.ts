/** The port to a cluster's objects: a folder of manifests (standalone) or an API server (Kubernetes). */
import type { Result } from '../kit/result.ts';
import type { Fault } from '../model/fault.ts';
import type { Namespace, ServiceKey } from '../model/names.ts';
import type { AccessPolicy, FailoverPolicy } from '../model/policy.ts';
import type { Reading } from '../model/reading.ts';
import type { Endpoint, PodSlice, Service, ServiceExport } from '../model/service.ts';

/** Everything the cluster states, immutable; maps are replaced whole on each change. */
export interface ClusterObjects {
  /** Increases with every change of content. */
  readonly version: number;
  readonly namespaces: ReadonlySet<Namespace>;
  readonly services: ReadonlyMap<ServiceKey, Service>;
  readonly endpoints: ReadonlyMap<ServiceKey, readonly Endpoint[]>;
  readonly exports: ReadonlyMap<ServiceKey, ServiceExport>;
  /** Of exported services, where the cluster knows its pods. */
  readonly podSlices?: ReadonlyMap<ServiceKey, readonly PodSlice[]>;
  readonly failover: ReadonlyMap<ServiceKey, FailoverPolicy>;
  readonly access: readonly AccessPolicy[];
  /**
   * `<namespace>/<address>` of pods that the cluster says are not ready, or that end: no sidecar there is sent anything
   * new. A slice speaks for its own namespace.
   */
  readonly unreadyAddresses?: ReadonlySet<string>;
  /** Addresses of Services and pods of this cluster, of every namespace: no other cluster may state them as its own. */
  readonly ownAddresses?: ReadonlySet<string>;
  /** How exports and policies were read, each by a name of its own, where the cluster shows their status. */
  readonly readings?: ReadonlyMap<string, Reading>;
  /** What is wrong with which file, line and field, now. */
  readonly faults: readonly Fault[];
}

export interface ResourceStore {
  /** Resolves when the first complete state is read. */
  start(): Promise<void>;
  /** The state now. Level-triggered: read it when you work, not when you are told. */
  snapshot(): ClusterObjects;
  /** Calls `changed` after each change of content; returns the way to stop. */
  subscribe(changed: () => void): () => void;
  /** Creates the export if it is absent. `created` says which. */
  applyExport(key: ServiceKey): Promise<Result<{ readonly created: boolean }, Fault>>;
  /** `removed` is false when there was none. */
  removeExport(key: ServiceKey): Promise<Result<{ readonly removed: boolean }, Fault>>;
  /** Idempotent; awaits what is under way. */
  stop(): Promise<void>;
}
