/** All clusters of a run on one clock, one network, one seed; and what acts do to them. */
import {
  createVirtualNetwork,
  type Fate,
  type Handshake,
  type VirtualNetwork,
} from '../../federation/exchange/testing/virtual-network.ts';
import { evictMember } from '../../federation/join/leave-mesh.ts';
import { createManualClock, type ManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { createSeededRandom } from '../../mesh/adapters/random/seeded-random.ts';
import { judgePeer } from '../../mesh/adapters/tls/verify-peer.ts';
import type { SimCertificate } from './cluster/certificates.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ExchangeFrame } from '../../mesh/model/exchange-frame.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ExchangePeer, ExchangeStream } from '../../mesh/ports/exchange-stream.ts';
import type { Random } from '../../mesh/ports/random.ts';
import { CLUSTERS, EVIL, gatewayHost } from './cast.ts';
import { createMembers, type Members } from './cluster/authority.ts';
import { controllerCertificate } from './cluster/certificates.ts';
import { SimCluster } from './cluster/sim-cluster.ts';
import { silentLog } from './cluster/silent.ts';
import { createTruth, type Truth } from './truth.ts';

export interface Weather {
  readonly loss: number;
  readonly double: number;
  readonly swap: number;
  /** Entries that change on the way. */
  readonly rot: number;
}

export const FAIR: Weather = { loss: 0, double: 0, swap: 0, rot: 0 };
const DIAL_TIMEOUT_MS = 5000;

export interface WorldHooks {
  born(cluster: SimCluster): void;
  /** A stream that the rules of certificates have let through. */
  shaken(dialler: ExchangePeer, answering: ExchangePeer, wanted: ClusterName): void;
}

export class World {
  readonly clock: ManualClock = createManualClock();
  readonly network: VirtualNetwork;
  readonly members: Members = createMembers();
  readonly truth: Truth;
  readonly clusters: readonly SimCluster[];
  weather = FAIR;
  /** Whose gateway address leads to the hostile member. */
  hijacked: ClusterName | undefined;
  hostileTurns = 0;
  /** Streams of the hostile member and of old controllers. */
  readonly lies: ExchangeStream[] = [];
  isAtPeace = false;
  /** Frames that a controller may still send before it dies. */
  readonly framesToDeath = new Map<ClusterName, number>();
  /** `<from> <gateway host>` of data paths that are closed. */
  readonly closedPaths = new Set<string>();
  readonly #chance: Random;
  readonly #hooks: WorldHooks;

  constructor(seed: number, clusters: number, hooks: WorldHooks) {
    this.#hooks = hooks;
    this.#chance = createSeededRandom(seed * 64 + 63);
    this.truth = createTruth(clusters);
    this.network = createVirtualNetwork(this.clock);
    this.network.dialTimeoutMs = DIAL_TIMEOUT_MS;
    this.network.fate = () => this.#fate();
    this.network.alter = (frame) => this.#rot(frame);
    this.network.route = ({ cluster }) => (cluster === this.hijacked ? EVIL : cluster);
    this.network.handshake = this.#handshake;
    const { clock, network, members } = this;
    const isReachable = (from: ClusterName, address: string): boolean =>
      !this.closedPaths.has(`${from} ${address.split(':', 1)[0]}`);
    const host = { clock, network, members, seed, clusters, isReachable, born: hooks.born };
    this.clusters = CLUSTERS.slice(0, clusters).map((name) => new SimCluster(name, host));
    network.join({ cluster: EVIL, membership: members.current(EVIL) }, (stream) => stream.end());
  }

  cluster(name: string): SimCluster {
    const found = this.clusters.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no cluster ${name} in this run`);
    return found;
  }

  /** Clusters that are members, and their controllers, running or not. */
  membersNow(): readonly SimCluster[] {
    return this.clusters.filter(({ standing }) => standing === 'member');
  }

  /** By the founder's operator. */
  evict(cluster: SimCluster | undefined, name: ClusterName): boolean {
    const founder = this.clusters[0]!;
    const { process, authority } = founder;
    if (process === undefined || cluster === founder) return false;
    const { exchange } = process.core;
    const evicted = evictMember({ authority, exchange, cluster: name, log: silentLog });
    if (cluster !== undefined) cluster.standing = 'evicted';
    return evicted.ok;
  }

  setPath(from: ClusterName, to: ClusterName, open: boolean): void {
    const path = `${from} ${gatewayHost(to)}`;
    if (open) this.closedPaths.delete(path);
    else this.closedPaths.add(path);
    this.cluster(from).sidecar.reachChanged();
  }

  /** Whether a cluster's controller would take this certificate from who dials it. */
  judge(cluster: SimCluster, certificate: SimCertificate): Result<unknown, Fault> {
    return judgePeer(certificate, certificate.signedBy, {
      ...{ bundle: cluster.authority.bundle(), nowMs: cluster.wallMs(), role: 'client' },
      expect: { kind: 'program', program: 'controller' },
    });
  }

  #fate(): Fate {
    const { loss, double, swap } = this.weather;
    if (loss + double + swap === 0) return 'deliver';
    const drawn = this.#chance.next();
    if (drawn < loss) return 'drop';
    if (drawn < loss + double) return 'duplicate';
    return drawn < loss + double + swap ? 'swap' : 'deliver';
  }

  #rot(frame: ExchangeFrame): ExchangeFrame {
    if (frame.kind !== 'upsert' || this.weather.rot === 0) return frame;
    if (this.#chance.next() >= this.weather.rot) return frame;
    const zones = frame.service.zones.map((zone) => ({ ...zone, total: zone.total + 1 }));
    return { ...frame, service: { ...frame.service, zones } };
  }

  /** TLS both ways: each end judges the other's certificate by its own bundle and clock. */
  readonly #handshake: Handshake = (dialler, answering, { cluster: wanted }) => {
    const server = this.clusters.find(({ name }) => name === answering.cluster);
    if (server !== undefined) {
      const taken = this.judge(server, this.#certificateOf(dialler));
      // Who is refused sees its connection end, not why.
      if (!taken.ok) return err(fault('connect_failed', wanted, 'the connection was closed'));
    }
    const client = this.clusters.find(({ name }) => name === dialler.cluster);
    if (client !== undefined && dialler.cluster !== EVIL) {
      const certificate = this.#certificateOf(answering);
      const taken = judgePeer(certificate, certificate.signedBy, {
        ...{ bundle: client.authority.bundle(), nowMs: client.wallMs(), role: 'server' },
        expect: { kind: 'program', program: 'controller', cluster: wanted },
      });
      if (!taken.ok) return taken;
    }
    this.#hooks.shaken(dialler, answering, wanted);
    return ok([dialler, answering]);
  };

  #certificateOf({ cluster, membership }: ExchangePeer): SimCertificate {
    const known = this.clusters.find(({ name }) => name === cluster)?.process?.certificate;
    if (known?.signedBy === membership) return known;
    return controllerCertificate({ cluster, membership, issuedMs: this.clock.now() });
  }
}
