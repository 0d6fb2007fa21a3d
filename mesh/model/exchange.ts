/** What two controllers tell each other, free of the wire. The origin of every frame is the identity of its stream. */
import type { SignedBundle } from './bundle.ts';
import type { ClusterInfo, ExportedService } from './catalog.ts';
import type { ServiceKey } from './names.ts';

/** One life of a catalog: higher means later. Within it, versions only grow. */
export interface CatalogPosition {
  readonly epoch: number;
  readonly version: number;
}

export type CatalogFrame =
  | { readonly kind: 'snapshot-begin'; readonly epoch: number }
  | { readonly kind: 'upsert'; readonly version: number; readonly service: ExportedService }
  | { readonly kind: 'tombstone'; readonly version: number; readonly key: ServiceKey }
  | { readonly kind: 'snapshot-complete'; readonly version: number; readonly count: number };

export interface Heartbeat {
  readonly kind: 'heartbeat';
  readonly sentAtMs: number;
  /** The `sentAtMs` of the peer's last heartbeat; 0 before the first. */
  readonly echoMs: number;
  readonly wallClockMs: number;
  readonly version: number;
  readonly digest: string;
}

export type ExchangeFrame =
  | CatalogFrame
  | Heartbeat
  | {
      readonly kind: 'hello';
      readonly protocol: number;
      readonly info: ClusterInfo;
      readonly held: CatalogPosition;
    }
  | { readonly kind: 'info'; readonly info: ClusterInfo }
  | { readonly kind: 'bundle'; readonly signed: SignedBundle }
  | { readonly kind: 'goodbye' }
  | { readonly kind: 'resync' };
