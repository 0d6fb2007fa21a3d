/** What a proxy and its controller say to each other. */
import type { GatewayAddress } from '../model/catalog.ts';
import type { MeshView } from '../model/mesh-view.ts';
import type { ServiceAccount, ServiceKey } from '../model/names.ts';
import type { ProxyReport } from '../model/report.ts';

/** What a proxy offers while its stream lives. The controller forgets it when the stream ends. */
export type Registration =
  | {
      readonly kind: 'sidecar';
      /** Unique in the cluster; also the endpoint's id. */
      readonly proxy: string;
      readonly service: ServiceKey;
      readonly serviceAccount: ServiceAccount;
      readonly address: string;
      /** The inbound mTLS port. */
      readonly port: number;
      readonly region: string;
      readonly zone: string;
      readonly ready: boolean;
    }
  | {
      /** Beside a gateway: the proxy of pods without a sidecar. */
      readonly kind: 'plain';
      readonly proxy: string;
      readonly address: string;
      /** The inbound mTLS port. */
      readonly port: number;
      readonly region: string;
      readonly zone: string;
      readonly ready: boolean;
    }
  | {
      readonly kind: 'gateway';
      readonly proxy: string;
      readonly address: GatewayAddress;
      readonly ready: boolean;
    };

/**
 * A proxy's end of discovery. It reconnects by itself (full jitter, 0.2-5 s); while the controller is away the last
 * view stays in force.
 */
export interface Discovery {
  /** Resolves with the first view, or rejects when `signal` aborts. */
  start(signal: AbortSignal): Promise<MeshView>;
  view(): MeshView;
  subscribe(changed: (view: MeshView) => void): () => void;
  /** Replaces what this proxy offers: readiness, draining. Sent at once, and again after a reconnect. */
  register(registration: Registration): void;
  report(report: ProxyReport): void;
  connected(): boolean;
  stop(): Promise<void>;
}
