/**
 * What two controllers say to each other, free of the wire. `Stated...` is what a peer says: typed, but not yet
 * believed; federation/decide turns it into the catalog or refuses it.
 */
import type { SignedBundle } from './bundle.ts';
import type { SidecarAddress } from './catalog.ts';
import type { Labels, PodSlice, ServiceTraits } from './service.ts';

/** A place in the history of a catalog: compared by epoch, then version. */
export interface Position {
  /** Grows with each start of the catalog's controller. */
  readonly epoch: number;
  /** Grows with each change. */
  readonly version: number;
}

export interface StatedGateway {
  readonly host: string;
  readonly port: number;
  readonly zone: string;
}

export interface StatedInfo {
  readonly cluster: string;
  readonly region: string;
  readonly zone: string;
  readonly network: string;
  readonly gateways: readonly StatedGateway[];
  readonly version: string;
}

export interface StatedService {
  readonly namespace: string;
  readonly name: string;
  readonly exportedAt: number;
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly appProtocol: string;
    readonly routeId: string;
  }[];
  readonly zones: readonly {
    readonly region: string;
    readonly zone: string;
    readonly ready: number;
    readonly total: number;
  }[];
  readonly serviceAccounts: readonly string[];
  readonly plain?: true;
  readonly traits?: ServiceTraits;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly podSlices?: readonly PodSlice[];
  readonly sidecar?: SidecarAddress;
}

export interface HelloFrame {
  readonly kind: 'hello';
  readonly protocol: number;
  readonly position: Position;
  /** Up to where the sender holds the receiver's catalog. */
  readonly resume?: Position;
  readonly info: StatedInfo;
  readonly bundleVersion: number;
}

export interface HeartbeatFrame {
  readonly kind: 'heartbeat';
  readonly sentMs: number;
  readonly wallMs: number;
  /** The last `sentMs` heard, 0 for none, and for how long it was held. */
  readonly echoMs: number;
  readonly heldMs: number;
}

/** One step of a catalog. `after`: the version of the step sent before it; 0 for the first of a snapshot. */
export type CatalogFrame =
  | { readonly kind: 'snapshotBegin'; readonly position: Position; readonly count: number }
  | {
      readonly kind: 'upsert';
      readonly version: number;
      readonly after: number;
      readonly service: StatedService;
    }
  | {
      readonly kind: 'tombstone';
      readonly version: number;
      readonly after: number;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: 'snapshotComplete'; readonly version: number; readonly count: number }
  | {
      readonly kind: 'digest';
      readonly position: Position;
      readonly digest: string;
      /** Of the trust bundle that the sender holds. */
      readonly bundleVersion: number;
    };

interface NackFrame {
  readonly kind: 'nack';
  readonly version: number;
  /** A reason code. */
  readonly reason: string;
  readonly key: string;
  readonly detail: string;
}

export type ExchangeFrame =
  | HelloFrame
  | { readonly kind: 'describe'; readonly info: StatedInfo }
  | CatalogFrame
  | { readonly kind: 'ack'; readonly position: Position }
  | NackFrame
  | { readonly kind: 'resync'; readonly reason: string }
  | HeartbeatFrame
  | { readonly kind: 'bundle'; readonly bundle: SignedBundle }
  | { readonly kind: 'goodbye'; readonly left: boolean };
