/** The port to what a cluster shows its users of the mesh: imports, conditions of exports, members, trust. */
import type { SignedBundle, TrustBundle } from '../model/bundle.ts';
import type { Fault } from '../model/fault.ts';
import type { MulticlusterState } from '../model/multicluster.ts';
import type { ServiceKey } from '../model/names.ts';

export interface ShownTrust {
  readonly bundle: TrustBundle;
  /** The same, as proxies verify it. */
  readonly signed: SignedBundle;
}

export interface MulticlusterApi {
  /** What shall be shown from now on. Level-triggered: what fails is tried again until it is so. */
  show(state: MulticlusterState, trust: ShownTrust): void;
  /** Under which pods here call an import, or a host of one; empty: it has no address yet, or is headless. */
  clustersetIps(service: ServiceKey): readonly string[];
  /** What cannot be shown, because somebody else has taken its name. */
  faults(): readonly Fault[];
  /** Tells when an import was given addresses, or lost them, and when `faults` are others. */
  subscribe(changed: () => void): () => void;
  /** Takes away all that was shown; resolves when that is done, or cannot be done soon. For leaving the mesh. */
  withdraw(): Promise<void>;
  /** Idempotent; what is under way ends. */
  stop(): Promise<void>;
}
