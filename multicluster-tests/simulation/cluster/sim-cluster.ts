/**
 * One simulated cluster: a disk, manifests, an authority and proxies that outlive its controller, and the controller's
 * own core, which can be killed at any instant and started again from what was saved.
 */
import { openControllerCore, type ControllerCore } from '../../../federation/controller-core.ts';
import { leaveMesh } from '../../../federation/join/leave-mesh.ts';
import type { ProxyRegistration } from '../../../federation/decide/registrations.ts';
import { rememberMember } from '../../../federation/exchange/peer-memory.ts';
import type { Member } from '../../../federation/exchange/exchange.ts';
import type { VirtualNetwork } from '../../../federation/exchange/testing/virtual-network.ts';
import { createMemoryState } from '../../../mesh/adapters/files/state-folder.ts';
import { createSeededRandom } from '../../../mesh/adapters/random/seeded-random.ts';
import { createMemoryKeyStore } from '../../../mesh/adapters/trust/folder-key-store.ts';
import type { SourceContent } from '../../../mesh/adapters/objects/source-content.ts';
import type { SimCertificate } from './certificates.ts';
import type { TrustBundle } from '../../../mesh/model/bundle.ts';
import type { ClusterConfig } from '../../../mesh/model/cluster-config.ts';
import type { Identity } from '../../../mesh/model/identity.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import type { Clock } from '../../../mesh/ports/clock.ts';
import type { Random } from '../../../mesh/ports/random.ts';
import type { StateStore } from '../../../mesh/ports/state-store.ts';
import { CLUSTERS, gatewayHost, MESH, regionOf, WORKLOAD, workloadOf, zoneOf } from '../cast.ts';
import { createSimAuthority, type Members, type SimAuthority } from './authority.ts';
import { controllerCertificate } from './certificates.ts';
import { beginLife, type Life } from './life.ts';
import { writeManifests, type Manifests } from './manifests.ts';
import { openMemoryObjects, type MemoryObjects } from './objects-in-memory.ts';
import { createSimProxy, type SimProxy } from './sim-proxy.ts';
import { createSimSidecar, type SimSidecar } from './sim-sidecar.ts';
import { silentLog, silentMetrics } from './silent.ts';

export interface ClusterHost {
  readonly clock: Clock;
  readonly network: VirtualNetwork;
  readonly members: Members;
  readonly seed: number;
  readonly clusters: number;
  isReachable(from: ClusterName, address: string): boolean;
  /** A controller has started, before anything else happens. */
  born(cluster: SimCluster): void;
}

/** A controller that runs. */
export interface Process {
  readonly life: Life;
  readonly core: ControllerCore;
  readonly objects: MemoryObjects;
  readonly certificate: SimCertificate;
}

export class SimCluster {
  readonly name: ClusterName;
  readonly sidecar: SimSidecar;
  readonly proxies: { readonly gateway: SimProxy; readonly sidecar: SimProxy };
  readonly manifests: Manifests;
  readonly skewMs: number;
  disk: StateStore = createMemoryState();
  authority: SimAuthority;
  process: Process | undefined;
  /** `left` and `evicted`: no member now. */
  standing: 'member' | 'left' | 'evicted' = 'member';
  /** Each boot has its own number. */
  boots = 0;
  writesToDeath = 0;
  /** On the world's clock: when its controller started and died last. */
  aliveSince = 0;
  diedAt = 0;
  readonly #host: ClusterHost;
  readonly #random: Random;
  readonly #files = new Map<string, { readonly content: SourceContent }>();
  #gateway: ProxyRegistration;
  #workload: ProxyRegistration;
  #cancelReturns: (() => void)[] = [];

  constructor(name: ClusterName, host: ClusterHost) {
    this.name = name;
    this.#host = host;
    this.#random = createSeededRandom(host.seed * 64 + CLUSTERS.indexOf(name));
    this.skewMs = Math.floor((this.#random.next() - 0.5) * 290_000);
    this.authority = createSimAuthority(name, host.members);
    this.manifests = writeManifests(name, (file, content) => this.#write(file, content));
    const isReachable = (address: string): boolean => host.isReachable(name, address);
    const { clock, clusters } = host;
    this.sidecar = createSimSidecar({ clock, random: this.#random, clusters, isReachable });
    this.#gateway = gatewayAt(name, 15443);
    this.#workload = workloadThatIs(name, true);
    this.proxies = {
      gateway: this.#proxy({ kind: 'program', mesh: MESH, cluster: name, program: 'gateway' }, this.#gateway),
      sidecar: this.#proxy(workloadOf(name), this.#workload, (view) => this.sidecar.update(view)),
    };
  }

  get core(): ControllerCore | undefined {
    return this.process?.core;
  }

  /** By its own wall clock. */
  wallMs(): number {
    return this.#host.clock.now() + this.skewMs;
  }

  member(): Member {
    const { address } = this.#gateway as ProxyRegistration & { kind: 'gateway' };
    return { cluster: this.name, gateways: [address] };
  }

  boot(): void {
    const { network, clock, members } = this.#host;
    const life = beginLife({
      ...{ clock, skewMs: this.skewMs, disk: this.disk },
      beforeWrite: () => this.#beforeWrite(),
    });
    this.boots++;
    this.aliveSince = clock.monotonic();
    const membership = members.current(this.name);
    const objects = openMemoryObjects(this.#files, life);
    const dial = network.join({ cluster: this.name, membership }, (stream) =>
      core.exchange.acceptStream(stream),
    );
    const core = openControllerCore({
      ...{ config: configOf(this.name), version: '0.1.0', trust: this.authority, dial, store: objects },
      ...{
        state: life.state,
        clock: life.clock,
        random: this.#random,
        log: silentLog,
        metrics: silentMetrics,
      },
    });
    const issue = { cluster: this.name, membership, issuedMs: this.wallMs() };
    this.process = { life, core, objects, certificate: controllerCertificate(issue) };
    this.#host.born(this);
    if (!life.isAlive()) return;
    core.begin();
    core.exchange.start();
    this.#returnProxies();
  }

  /** As SIGKILL: nothing is saved, nothing is said. */
  kill(): void {
    const { process } = this;
    if (process === undefined) return;
    this.process = undefined;
    this.diedAt = this.#host.clock.monotonic();
    this.writesToDeath = 0;
    process.life.kill();
    this.authority.deaf();
    this.#host.network.crash(this.name);
    this.#loseProxies(false);
  }

  /** As SIGTERM, and then the process ends. */
  stop(): void {
    this.stopGently();
    this.kill();
  }

  /** As SIGTERM: proxies are told to come back, and what the controller has begun it must end itself. */
  stopGently(): void {
    this.#loseProxies(false);
    void this.process?.core.stop();
  }

  /** Says farewell; afterwards this cluster is no member. */
  leave(): void {
    const { process } = this;
    if (process === undefined || this.authority.isFounder || this.standing !== 'member') return;
    this.standing = 'left';
    void leaveMesh({
      ...{ authority: this.authority, exchange: process.core.exchange, keys: createMemoryKeyStore() },
      ...{ state: process.life.state, log: silentLog },
    }).then(() => {
      if (this.process === process) this.stop();
    });
  }

  /** A new member under its old name: nothing of its former life is left but its manifests. */
  joinAgain(bundle: TrustBundle, others: readonly Member[]): void {
    this.stop();
    this.#host.members.renew(this.name);
    this.disk = createMemoryState();
    this.authority = createSimAuthority(this.name, this.#host.members, bundle);
    for (const other of others) rememberMember(this.disk, other);
    this.standing = 'member';
    this.boot();
  }

  setWorkload(ready: boolean): void {
    this.#workload = workloadThatIs(this.name, ready);
    this.proxies.sidecar.register(this.#workload);
  }

  moveGateway(port: number): void {
    this.#gateway = gatewayAt(this.name, port);
    this.proxies.gateway.register(this.#gateway);
  }

  /** The proxies lose their controller for a while. */
  sendProxiesAway(forMs: number): void {
    if (this.process === undefined) return;
    this.#loseProxies(true);
    this.#cancelReturns.push(this.#host.clock.after(forMs, () => this.#returnProxies()));
  }

  #write(file: string, content: SourceContent | undefined): void {
    if (content === undefined) this.#files.delete(file);
    else this.#files.set(file, { content });
    this.process?.objects.changed();
  }

  #beforeWrite(): void {
    if (this.writesToDeath > 0 && --this.writesToDeath === 0) this.kill();
  }

  #proxy(
    identity: Identity,
    registration: ProxyRegistration,
    onView: Parameters<typeof createSimProxy>[0]['onView'] = () => undefined,
  ): SimProxy {
    return createSimProxy({ clock: this.#host.clock, identity, registration, onView });
  }

  #loseProxies(told: boolean): void {
    for (const cancel of this.#cancelReturns.splice(0)) cancel();
    for (const proxy of Object.values(this.proxies)) proxy.disconnect(told);
  }

  /** Each after a pause of its own, as their discovery does. */
  #returnProxies(): void {
    const { process } = this;
    for (const proxy of Object.values(this.proxies)) {
      const pause =
        this.boots === 1 ? 1 : 200 * this.#random.next() * 2 ** Math.floor(this.#random.next() * 4);
      const cancel = this.#host.clock.after(pause, () => {
        if (process !== undefined && this.process === process) proxy.connect(process.core);
      });
      this.#cancelReturns.push(cancel);
    }
  }
}

function configOf(cluster: ClusterName): ClusterConfig {
  const ports = { federationPort: 0, joinPort: 0, discoveryPort: 0, enrolmentPort: 0, adminPort: 0 };
  return {
    ...{ mesh: MESH, cluster, region: regionOf(cluster), zone: zoneOf(cluster), network: cluster },
    ...{ gateway: { host: '0.0.0.0', port: 15443 }, controller: { host: '127.0.0.1', ...ports } },
    allowLoopbackPeers: false,
  };
}

function gatewayAt(cluster: ClusterName, port: number): ProxyRegistration {
  const address = { host: gatewayHost(cluster), port, zone: zoneOf(cluster) };
  return { kind: 'gateway', proxy: `gateway-of-${cluster}`, ready: true, address };
}

function workloadThatIs(cluster: ClusterName, ready: boolean): ProxyRegistration {
  return {
    ...{ kind: 'sidecar', proxy: `cart-of-${cluster}`, service: WORKLOAD, ready, port: 15006 },
    ...{
      serviceAccount: workloadOf(cluster).serviceAccount,
      address: `10.0.0.${CLUSTERS.indexOf(cluster) + 1}`,
    },
    ...{ region: regionOf(cluster), zone: zoneOf(cluster) },
  };
}
