/** The configuration of one cluster: `cluster.yaml` in its folder. */
import type { ClusterName, MeshName } from './names.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface ClusterConfig {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly region: string;
  readonly zone: string;
  readonly network: string;
  /** Where the gateway listens. */
  readonly gateway: ListenAddress;
  /** How other clusters reach the gateway, when that differs from where it listens. */
  readonly advertise?: ListenAddress;
  /** The controller's own listeners: host for all, port each. */
  readonly controller: {
    readonly host: string;
    readonly federationPort: number;
    readonly joinPort: number;
    readonly discoveryPort: number;
    readonly enrolmentPort: number;
    readonly adminPort: number;
  };
  /** Whether it is a Kubernetes cluster, and the programs run in its pods. Absent: a standalone one, of this folder. */
  readonly kubernetes?: boolean;
  /** Silence of a peer after which its pods are endpoints of imports only where nobody else serves (S52). Absent: 30. */
  readonly unheardAfterSeconds?: number;
  /** Peers on loopback addresses are refused unless this is set: for meshes on one machine only. */
  readonly allowLoopbackPeers: boolean;
}
