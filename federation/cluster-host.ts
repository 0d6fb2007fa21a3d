/** What a controller stands on in its cluster: folder-host.ts for a standalone cluster, pod-host.ts for a Kubernetes one. */
import type { InstallOrders } from '../mesh/adapters/kubernetes/install-order.ts';
import type { Result } from '../mesh/kit/result.ts';
import type { Fault } from '../mesh/model/fault.ts';
import type { Identity } from '../mesh/model/identity.ts';
import type { KeyStore } from '../mesh/ports/key-store.ts';
import type { MulticlusterApi } from '../mesh/ports/multicluster-api.ts';
import type { ResourceStore } from '../mesh/ports/resource-store.ts';
import type { StateStore } from '../mesh/ports/state-store.ts';

export interface ClusterHost {
  readonly keys: KeyStore;
  readonly state: StateStore;
  readonly store: ResourceStore;
  /** Only where the cluster is Kubernetes. */
  readonly pods?: PodHost;
  /** Keeps what was written, then ends. Idempotent. */
  stop(): Promise<void>;
}

/** What a Kubernetes cluster gives beside its objects. */
export interface PodHost {
  readonly multicluster: MulticlusterApi;
  readonly orders: InstallOrders;
  /** Who the pod is that sent this token. */
  reviewToken(token: string): Promise<Result<Identity, Fault>>;
  /** All listeners are up: from now on this controller is the one that proxies find. */
  announce(): Promise<Result<void, Fault>>;
  /** Whether this controller leads, in the term in which it has read what is kept. */
  mayWrite(): boolean;
  /** Aborts when another controller leads: this one shall end, whatever it is about. */
  readonly overtaken: AbortSignal;
}
