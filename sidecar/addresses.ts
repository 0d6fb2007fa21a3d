/** Where a sidecar listens. */
import type { Socket } from 'node:net';
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

/** Where connections of the application arrive that the pod's packet filter redirects. */
export interface CaptureListen {
  /** Of loopback, one for each family; one whose family this machine does not have is left out. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Other addresses of this pod. */
  readonly own: ReadonlySet<string>;
  /** Where the application was calling; undefined: nobody knows. */
  readonly originalOf: (socket: Socket) => HostPort | undefined;
}

/** Ports may be 0. */
export interface SidecarListen {
  /** `advertise`: the host that others of this cluster dial; absent: `host`. */
  readonly inbound: HostPort & { readonly advertise?: string };
  readonly httpProxy: HostPort;
  readonly upstreams: readonly FixedUpstream[];
  /** Absent: nothing is captured. */
  readonly capture?: CaptureListen;
}

export interface LocalListener extends HostPort {
  readonly service: ServiceKey;
  /** The port of the service; `port` is the one on this machine. */
  readonly servicePort: number;
}
