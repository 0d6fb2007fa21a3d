/** Keeps a link with every other member: tells them this cluster's catalog, holds theirs, spreads the trust bundle. */
import { createExchangeMetrics } from './exchange-metrics.ts';
import type {
  CreateExchangeManager,
  ExchangeManager,
  ExchangeOptions,
  LeaveOutcome,
  Member,
  OwnCatalog,
} from './exchange.ts';
import type { LinkContext } from './link-context.ts';
import { PeerLinkKeeper } from './peer-link.ts';
import { dropMemory, loadMemories, nextEpoch, saveMemory, type PeerMemory } from './peer-memory.ts';
import { emptyLog, record, type CatalogLog } from '../decide/catalog-log.ts';
import { checkGateway } from '../decide/parse-info.ts';
import { fullBucket, takeToken, type Rate } from '../decide/token-bucket.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { EvictedMember } from '../../mesh/model/bundle.ts';
import type { PeerCatalog } from '../../mesh/model/catalog.ts';
import type { StatedInfo } from '../../mesh/model/exchange-frame.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ExchangeStream } from '../../mesh/ports/exchange-stream.ts';

/** Changes that come together are told together. */
const NOTIFY_MS = 2;
const SAVE_MS = 1000;
const LEAVE_MS = 3000;
/** Streams taken from outside: after a restart the whole mesh comes at once. */
const ADMISSION: Rate = { perSecond: 20, burst: 40 };

export const createExchangeManager: CreateExchangeManager = (options) => new Manager(options);

class Manager implements ExchangeManager {
  readonly #options: ExchangeOptions;
  readonly #context: LinkContext;
  readonly #links = new Map<ClusterName, PeerLinkKeeper>();
  readonly #listeners = new Set<() => void>();
  readonly #unsaved = new Set<ClusterName>();
  #log: CatalogLog;
  #info: StatedInfo | undefined;
  #peers: ReadonlyMap<ClusterName, PeerCatalog> | undefined;
  #cancelNotify: (() => void) | undefined;
  #cancelSave: (() => void) | undefined;
  #unsubscribe = (): void => undefined;
  #admission;
  /** As the bundle said when it was last looked at. */
  #evicted: readonly EvictedMember[];
  #phase: 'new' | 'running' | 'stopped' = 'new';

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#log = emptyLog(nextEpoch(options.state));
    this.#admission = fullBucket(ADMISSION, options.clock.monotonic());
    this.#evicted = options.trust.bundle().evicted;
    this.#context = this.#makeContext();
    const { memories, damaged } = loadMemories(options.state, options.allowLoopback);
    for (const name of damaged) options.log.warn('memory of a peer is damaged and ignored', { name });
    for (const memory of memories) this.#restore(memory);
  }

  start(): void {
    if (this.#phase !== 'new') return;
    this.#phase = 'running';
    this.#unsubscribe = this.#options.trust.subscribe(() => this.#onTrust());
    this.#startLinks();
  }

  publish({ info, services, hosts = new Map() }: OwnCatalog): void {
    const described = this.#info !== undefined && JSON.stringify(this.#info) !== JSON.stringify(info);
    const first = this.#info === undefined;
    this.#info = info;
    const before = this.#log;
    this.#log = record(before, hosts.size === 0 ? services : new Map([...services, ...hosts]));
    if (first) this.#startLinks();
    for (const link of this.#links.values()) {
      if (described) link.session()?.describe(info);
      if (this.#log !== before) link.session()?.catalogChanged();
    }
  }

  peers(): ReadonlyMap<ClusterName, PeerCatalog> {
    this.#peers ??= new Map([...this.#links].map(([cluster, link]) => [cluster, link.catalog()]));
    return this.#peers;
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  faults(): readonly Fault[] {
    return [...this.#links.values()].flatMap((link) => link.faults());
  }

  members(): readonly Member[] {
    return [...this.#links.values()]
      .filter((link) => !link.isLeft())
      .map(({ copy }) => ({ cluster: copy.cluster, gateways: copy.gateways() }));
  }

  addMember({ cluster, gateways }: Member): void {
    const { allowLoopback, log, cluster: self } = this.#options;
    if (cluster === self || this.#phase === 'stopped') return;
    const checked = gateways.map((gateway) => checkGateway(gateway, { allowLoopback }));
    for (const one of checked)
      if (!one.ok)
        log.warn('gateway refused', { peer: cluster, reason: one.error.code, detail: one.error.message });
    const known = this.#links.get(cluster);
    const link = known?.isLeft() === false ? known : this.#addLink(newMemory(cluster));
    link.copy.tellGateways(checked.filter((one) => one.ok).map((one) => one.value));
    this.#context.onMemory(cluster);
    this.#context.onChange();
    if (this.#isTalking()) link.start();
  }

  forget(cluster: ClusterName): Result<void, Fault> {
    if (this.#drop(cluster, fault('link_down', cluster, 'was forgotten by an operator')))
      return ok(undefined);
    return err(fault('not_found', cluster, 'is no peer of this cluster'));
  }

  confirmSnapshot(cluster: ClusterName): Result<void, Fault> {
    if (this.#links.get(cluster)?.copy.confirm() !== true)
      return err(fault('not_found', cluster, 'has no snapshot that is held'));
    this.#options.log.info('held snapshot confirmed', { peer: cluster });
    this.#context.onMemory(cluster);
    this.#context.onChange();
    return ok(undefined);
  }

  acceptStream(stream: ExchangeStream): void {
    const { cluster, membership } = stream.peer;
    const { clock, log } = this.#options;
    const admitted = takeToken(this.#admission, ADMISSION, clock.monotonic());
    const refused = !this.#isTalking() || cluster === this.#options.cluster || this.#isEvicted(membership);
    if (refused || admitted === undefined) {
      log.warn('stream refused', {
        peer: cluster,
        why: refused ? 'not a peer now' : 'too many streams at once',
      });
      return stream.end();
    }
    this.#admission = admitted;
    (this.#links.get(cluster) ?? this.#addLink(newMemory(cluster))).take(stream, cluster);
  }

  async leave(): Promise<LeaveOutcome> {
    const clusters = this.members().map(({ cluster }) => cluster);
    const waiting = new Set(clusters.filter((cluster) => this.#links.get(cluster)?.session() !== undefined));
    const reached = new Set(waiting);
    for (const link of this.#links.values()) link.retire();
    for (const cluster of waiting) this.#links.get(cluster)?.session()?.send({ kind: 'goodbye', left: true });
    await this.#until(() => {
      for (const cluster of waiting)
        if (this.#links.get(cluster)?.session() === undefined) waiting.delete(cluster);
      return waiting.size === 0;
    });
    await this.stop();
    const told = clusters.filter((cluster) => reached.has(cluster) && !waiting.has(cluster));
    return { told, notTold: clusters.filter((cluster) => !told.includes(cluster)) };
  }

  stop(): Promise<void> {
    if (this.#phase === 'stopped') return Promise.resolve();
    this.#phase = 'stopped';
    this.#unsubscribe();
    this.#save();
    for (const link of this.#links.values()) {
      link.session()?.send({ kind: 'goodbye', left: false });
      link.stop(fault('link_down', link.copy.cluster, 'this controller is stopping'));
    }
    this.#cancelNotify?.();
    this.#cancelSave?.();
    this.#listeners.clear();
    return Promise.resolve();
  }

  #makeContext(): LinkContext {
    const { cluster: self, clock, state, onLeft, ...rest } = this.#options;
    return {
      ...{ ...rest, self, clock, metrics: createExchangeMetrics(this.#options.metrics) },
      catalog: () => this.#log,
      info: () => this.#info ?? emptyInfo(self),
      onChange: () => {
        this.#peers = undefined;
        this.#cancelNotify ??= clock.after(NOTIFY_MS, () => this.#notify());
      },
      onQuietChange: () => (this.#peers = undefined),
      onMemory: (cluster) => {
        this.#unsaved.add(cluster);
        this.#cancelSave ??= clock.after(SAVE_MS, () => this.#save());
      },
      onLeft: (cluster) => {
        dropMemory(state, cluster);
        this.#unsaved.delete(cluster);
        onLeft?.(cluster);
      },
      isEvicted: (membership) => this.#isEvicted(membership),
      onEvicted: (cluster) => void this.#drop(cluster, evictedFault(cluster)),
    };
  }

  /** Before this cluster knows its own catalog it says nothing: an empty one would look like a loss of everything. */
  #isTalking(): boolean {
    return this.#phase === 'running' && this.#info !== undefined;
  }

  #startLinks(): void {
    if (this.#isTalking()) for (const link of this.#links.values()) link.start();
  }

  #addLink(memory: PeerMemory): PeerLinkKeeper {
    const link = new PeerLinkKeeper(memory, this.#context);
    this.#links.set(memory.cluster, link);
    return link;
  }

  #restore(memory: PeerMemory): void {
    const evicted = memory.membership !== undefined && this.#isEvicted(memory.membership);
    if (memory.cluster === this.#options.cluster || evicted) dropMemory(this.#options.state, memory.cluster);
    else this.#addLink(memory);
  }

  #isEvicted(membership: string): boolean {
    return this.#options.trust.bundle().evicted.some((member) => member.fingerprint === membership);
  }

  #onTrust(): void {
    const before = new Set(this.#evicted.map(({ fingerprint }) => fingerprint));
    this.#evicted = this.#options.trust.bundle().evicted;
    const fresh = this.#evicted.flatMap(({ fingerprint, cluster }) =>
      before.has(fingerprint) ? [] : [cluster],
    );
    for (const [cluster, link] of [...this.#links]) {
      const membership = link.membership();
      // Of a member that was never met only the name is known.
      const isGone = membership === undefined ? fresh.includes(cluster) : this.#isEvicted(membership);
      if (isGone) this.#drop(cluster, evictedFault(cluster));
      else {
        link.endEvicted(evictedFault(cluster));
        link.offerBundle();
      }
    }
  }

  #drop(cluster: ClusterName, reason: Fault): boolean {
    const link = this.#links.get(cluster);
    if (link === undefined) return false;
    this.#links.delete(cluster);
    link.stop(reason);
    this.#unsaved.delete(cluster);
    dropMemory(this.#options.state, cluster);
    this.#options.log.info('peer dropped', { peer: cluster, reason: reason.code, detail: reason.message });
    this.#context.onChange();
    return true;
  }

  #notify(): void {
    this.#cancelNotify = undefined;
    for (const listener of [...this.#listeners]) listener();
  }

  #save(): void {
    this.#cancelSave = undefined;
    for (const cluster of this.#unsaved) {
      const link = this.#links.get(cluster);
      if (link !== undefined) saveMemory(this.#options.state, link.copy.memory());
    }
    this.#unsaved.clear();
  }

  /** Resolves when `done` holds, or after a while. */
  #until(done: () => boolean): Promise<void> {
    const { clock } = this.#options;
    if (done()) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        stopLooking();
        giveUp();
        resolve();
      };
      const giveUp = clock.after(LEAVE_MS, finish);
      const stopLooking = clock.every(10, () => {
        if (done()) finish();
      });
    });
  }
}

function newMemory(cluster: ClusterName): PeerMemory {
  return { cluster, gateways: [], seen: { epoch: 0, version: 0 }, services: new Map() };
}

function emptyInfo(cluster: ClusterName): StatedInfo {
  return { cluster, region: '', zone: '', network: '', gateways: [], version: '' };
}

function evictedFault(cluster: ClusterName): Fault {
  return fault('cluster_evicted', cluster, 'was withdrawn from the mesh');
}
