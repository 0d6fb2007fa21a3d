/** Where a sidecar listens. */
import type { ServiceKey } from '../mesh/model/names.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A service port that the application reaches at a fixed local port; 0: any free one, fixed from then on. */
export interface FixedUpstream {
  readonly service: ServiceKey;
  readonly port: number;
  readonly localPort: number;
}

/** Ports may be 0. */
export interface SidecarListen {
  /** `advertise`: the host that others of this cluster dial; absent: `host`. */
  readonly inbound: HostPort & { readonly advertise?: string };
  readonly httpProxy: HostPort;
  readonly upstreams: readonly FixedUpstream[];
}

export interface LocalListener extends HostPort {
  readonly service: ServiceKey;
  /** The port of the service; `port` is the one on this machine. */
  readonly servicePort: number;
}
