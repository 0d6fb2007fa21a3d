/**
 * The exchange: what this cluster tells the others and knows of them. Here is its contract; exchange-manager.ts keeps
 * the peers, peer-link.ts one peer, peer-session.ts one stream, and federation/decide holds the rules.
 */
import type { Result } from '../../mesh/kit/result.ts';
import type { SignedBundle, TrustBundle } from '../../mesh/model/bundle.ts';
import type { ClusterInfo, ExportedService, GatewayAddress, PeerCatalog } from '../../mesh/model/catalog.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { ExchangeDialer, ExchangeStream } from '../../mesh/ports/exchange-stream.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { Metrics } from '../../mesh/ports/metrics.ts';
import type { Random } from '../../mesh/ports/random.ts';
import type { StateStore } from '../../mesh/ports/state-store.ts';

/** What this cluster offers the others. */
export interface OwnCatalog {
  readonly info: ClusterInfo;
  readonly services: ReadonlyMap<ServiceKey, ExportedService>;
  /** Of headless services; absent: none. */
  readonly hosts?: ReadonlyMap<ServiceKey, ExportedService>;
}

export interface Member {
  readonly cluster: ClusterName;
  readonly gateways: readonly GatewayAddress[];
}

/** The part of the authority that the exchange needs; mesh/adapters/trust/authority has this shape. */
export interface ExchangeTrust {
  bundle(): TrustBundle;
  signedBundle(): SignedBundle;
  adoptBundle(signed: SignedBundle): Result<boolean, Fault>;
  /** Called after the bundle changed. */
  subscribe(changed: () => void): () => void;
}

export interface ExchangeOptions {
  readonly cluster: ClusterName;
  /** Peers' gateways on loopback are refused unless this is set. */
  readonly allowLoopback: boolean;
  readonly trust: ExchangeTrust;
  readonly dial: ExchangeDialer;
  /** Members, their last good catalogs, own epoch. */
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A peer said that it leaves the mesh; the founder evicts it. */
  readonly onLeft?: (cluster: ClusterName) => void;
}

export interface LeaveOutcome {
  /** Peers that confirmed the farewell, and those that were not reached in time. */
  readonly told: readonly ClusterName[];
  readonly notTold: readonly ClusterName[];
}

export interface ExchangeManager {
  /** Dials every known member. Before it, `publish` and `addMember` may be called. */
  start(): void;
  /** Replaces what this cluster offers; peers get the difference at once. */
  publish(catalog: OwnCatalog): void;
  /** By cluster; the same map until something changes. */
  peers(): ReadonlyMap<ClusterName, PeerCatalog>;
  subscribe(changed: () => void): () => void;
  /** What is wrong now: held snapshots, refused statements, evictions, skewed clocks. */
  faults(): readonly Fault[];
  /** Known members with the gateways last known, this cluster left out. */
  members(): readonly Member[];
  /** Idempotent; new gateways of a known member replace the old ones until its Hello says otherwise. */
  addMember(member: Member): void;
  /** Drops a peer's catalog and stops dialling it. It comes back if it is still a member and dials. */
  forget(cluster: ClusterName): Result<void, Fault>;
  /** Lets a held snapshot take effect. */
  confirmSnapshot(cluster: ClusterName): Result<void, Fault>;
  /** The server side: a stream whose peer TLS has proved to be a member's controller. */
  acceptStream(stream: ExchangeStream): void;
  /** Says farewell to every peer and stops; within 3 s. */
  leave(): Promise<LeaveOutcome>;
  /** Idempotent. Peers keep this cluster's catalog. */
  stop(): Promise<void>;
}

export type CreateExchangeManager = (options: ExchangeOptions) => ExchangeManager;
