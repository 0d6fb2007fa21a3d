/**
 * The controller without its sockets: objects, exchange, registrations and the view for the proxies, in one rhythm.
 * Whatever changes asks for a pass; a pass gathers snapshots, decides, publishes. The program adds listeners to it
 * (controller.ts), the simulation a virtual network.
 */
import { coalesce, type Coalesced } from './coalesced.ts';
import { controllerMetrics, type ControllerMetrics } from './controller-metrics.ts';
import { eventsBetween, NOTHING_OBSERVED, type Observed } from './decide/events.ts';
import { hostNamesText, readHostNames, type HostNames } from './decide/host-names.ts';
import type { PeerCatalogs } from './decide/mesh-view.ts';
import { plainPortsText, readPlainPorts, type PlainPorts } from './decide/plain-ports.ts';
import { reconcile, reconcileMemory, type Decided, type Gathered } from './decide/reconcile.ts';
import { openPublication, type Publication } from './discovery/published-view.ts';
import { openRegistry, type Registry } from './discovery/registry.ts';
import { openEventLog, type EventLog } from './event-log.ts';
import { createExchangeManager } from './exchange/exchange-manager.ts';
import type { ExchangeManager, ExchangeTrust } from './exchange/exchange.ts';
import { evictMember } from './join/leave-mesh.ts';
import { openKeptDecision, type KeptForm } from './kept-decision.ts';
import { createRouteIds } from './route-ids.ts';
import { openSilenceWatch, type SilenceWatch } from './silence-watch.ts';
import type { Authority } from '../mesh/adapters/trust/authority.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { ExchangeDialer } from '../mesh/ports/exchange-stream.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Metrics } from '../mesh/ports/metrics.ts';
import type { MulticlusterApi } from '../mesh/ports/multicluster-api.ts';
import type { Random } from '../mesh/ports/random.ts';
import type { ResourceStore } from '../mesh/ports/resource-store.ts';
import type { StateStore } from '../mesh/ports/state-store.ts';

/** The part of the authority that decides with the controller; mesh/adapters/trust/authority has this shape. */
export type CoreTrust = ExchangeTrust & Pick<Authority, 'isFounder' | 'routeKey' | 'evict'>;

export interface CoreOptions {
  readonly config: ClusterConfig;
  /** Of Isthmus. */
  readonly version: string;
  readonly trust: CoreTrust;
  readonly dial: ExchangeDialer;
  readonly state: StateStore;
  readonly store: ResourceStore;
  /** Where the cluster shows its imports, and what became of its exports; absent: nobody looks for them there. */
  readonly multicluster?: MulticlusterApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Called after each pass. */
  readonly onPass?: () => void;
}

const PLAIN_PORTS: KeptForm<PlainPorts> = {
  name: 'plain-ports',
  read: readPlainPorts,
  write: plainPortsText,
};
const HOST_NAMES: KeptForm<HostNames> = { name: 'host-names', read: readHostNames, write: hostNamesText };

/** What a gateway that is replaced, or a controller that fails over, takes at most is well below it. */
const UNHEARD_AFTER_SECONDS = 30;

export interface ControllerCore {
  readonly exchange: ExchangeManager;
  readonly registry: Registry;
  readonly publication: Publication;
  readonly events: EventLog;
  readonly measured: ControllerMetrics;
  /** Makes the first pass, at once; the store has been started. Then the exchange may start. */
  begin(): void;
  /** The latest decision. */
  decided(): Decided;
  /** Idempotent. */
  stop(): Promise<void>;
}

export function openControllerCore(options: CoreOptions): ControllerCore {
  const { config, state, clock, store, trust, log, metrics } = options;
  const { mesh, cluster, region, zone } = config;
  const self = { mesh, cluster, region, zone };
  const parts: Parts = {
    exchange: openExchange(options),
    registry: openRegistry({ state, clock, changed: () => pass.request() }),
    publication: openPublication({ self, trust, firstVersion: clock.now() }),
    silence: openSilenceWatch(clock, {
      boundMs: (config.unheardAfterSeconds ?? UNHEARD_AFTER_SECONDS) * 1000,
      changed: () => pass.request(),
    }),
    ...{ events: openEventLog(clock, log), measured: controllerMetrics(metrics) },
  };
  const { exchange, registry, silence } = parts;
  const passes = createPasses(options, parts);
  const pass: Coalesced = coalesce(clock, passes.run);
  const { multicluster } = options;
  const ends = [
    ...[store.subscribe, exchange.subscribe.bind(exchange), trust.subscribe],
    ...(multicluster === undefined ? [] : [multicluster.subscribe]),
  ].map((subscribe) => subscribe(pass.request));
  return {
    ...{ ...parts, begin: passes.run, decided: passes.decided },
    async stop() {
      for (const end of ends.splice(0)) end();
      pass.stop();
      registry.stop();
      silence.stop();
      await exchange.stop();
    },
  };
}

type Parts = Pick<ControllerCore, 'exchange' | 'registry' | 'publication' | 'events' | 'measured'> & {
  readonly silence: SilenceWatch;
};

function openExchange({ config, trust, ...rest }: CoreOptions): ExchangeManager {
  const { cluster, allowLoopbackPeers: allowLoopback } = config;
  const exchange: ExchangeManager = createExchangeManager({
    ...{ ...rest, cluster, allowLoopback, trust },
    onLeft: (peer) => {
      if (trust.isFounder) evictMember({ authority: trust, exchange, cluster: peer, log: rest.log });
    },
  });
  return exchange;
}

function createPasses(options: CoreOptions, parts: Parts): { run: () => void; decided: () => Decided } {
  const { config, version, clock, store, trust, state, multicluster } = options;
  const { registry, exchange, silence, events, measured, publication } = parts;
  const routeIdOf = createRouteIds(trust.routeKey);
  const { held, keep } = keptDecisions(state);
  const memory = reconcileMemory();
  let observed = NOTHING_OBSERVED;
  let decided: Decided | undefined;
  const run = (): void => {
    const started = clock.monotonic();
    const peers = exchange.peers();
    const gathered: Gathered = {
      ...{ config, version, routeIdOf, objects: store.snapshot(), registrations: registry.all() },
      ...{ peers, unheard: silence.unheard(peers), peerFaults: exchange.faults() },
      ...held(),
      clustersetIps: (service) => multicluster?.clustersetIps(service) ?? [],
      showsImports: multicluster !== undefined,
    };
    const found = reconcile(gathered, memory);
    decided = { ...found, faults: [...found.faults, ...(multicluster?.faults() ?? [])] };
    keep(decided);
    exchange.publish(decided.own);
    publication.publish(decided.view);
    multicluster?.show(decided.multicluster, { bundle: trust.bundle(), signed: trust.signedBundle() });
    const now = seenIn(decided, peers);
    for (const event of eventsBetween(observed, now)) events.add(event);
    observed = now;
    const tookMs = clock.monotonic() - started;
    measured.reconciled(decided, { tookMs, viewVersion: publication.view().version });
    measured.peers(exchange.peers());
    options.onPass?.();
  };
  return {
    run,
    decided() {
      if (decided === undefined) throw new Error('no pass yet: begin() first');
      return decided;
    },
  };
}

type Kept = Pick<Decided, 'plainPorts' | 'hostNames'>;

function keptDecisions(state: StateStore): { held: () => Kept; keep: (decided: Kept) => void } {
  const plainPorts = openKeptDecision(state, PLAIN_PORTS);
  const hostNames = openKeptDecision(state, HOST_NAMES);
  return {
    held: () => ({ plainPorts: plainPorts.held(), hostNames: hostNames.held() }),
    keep(decided) {
      plainPorts.keep(decided.plainPorts);
      hostNames.keep(decided.hostNames);
    },
  };
}

function seenIn({ local, own, faults }: Decided, peers: PeerCatalogs): Observed {
  return { peers, faults, endpoints: local.endpoints, exported: new Set(own.services.keys()) };
}
