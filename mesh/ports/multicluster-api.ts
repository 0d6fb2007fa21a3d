/** The port to what a cluster shows its users of the Multi-Cluster Services API: imports, and conditions of exports. */
import type { MulticlusterState } from '../model/multicluster.ts';

export interface MulticlusterApi {
  /** What shall be shown from now on. Level-triggered: what fails is tried again until it is so. */
  show(state: MulticlusterState): void;
  /** Idempotent; what is under way ends. */
  stop(): Promise<void>;
}
