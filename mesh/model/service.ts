/** Services, endpoints and exports of one cluster, free of any wire or Kubernetes type. */
import type { ServiceAccount, ServiceKey } from './names.ts';

/** `detect`: the first bytes of the client tell; server-first protocols must say `tcp`. */
export type AppProtocol = 'http' | 'tcp' | 'detect';

export interface ServicePort {
  /** Empty for the only port of a service, which may be unnamed. */
  readonly name: string;
  readonly port: number;
  readonly targetPort: number;
  readonly appProtocol: AppProtocol;
}

export interface Service {
  readonly key: ServiceKey;
  readonly ports: readonly ServicePort[];
}

/** One instance of a service: the address of its sidecar's inbound mTLS listener, inside this cluster. */
export interface Endpoint {
  /** Unique within the cluster. */
  readonly id: string;
  /** IP address or host name. */
  readonly address: string;
  readonly port: number;
  readonly region: string;
  readonly zone: string;
  readonly ready: boolean;
  readonly serviceAccount: ServiceAccount;
}

export interface ServiceExport {
  readonly key: ServiceKey;
  /** Milliseconds since the epoch: precedence between clusters is oldest first (KEP-1645). */
  readonly createdAt: number;
}
