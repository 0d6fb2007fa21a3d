/**
 * The controller of a cluster, composed by hand in reading order: trust, objects, exchange, discovery, the other
 * listeners, admin. Then one rhythm: whatever changes asks for a pass; a pass gathers snapshots, decides, publishes.
 */
import { adminRoutes } from './admin-routes.ts';
import { coalesce, type Coalesced } from './coalesced.ts';
import type { ControllerOptions } from './controller-options.ts';
import { controllerMetrics, type ControllerMetrics } from './controller-metrics.ts';
import { openControllerTrust, type ControllerTrust } from './controller-trust.ts';
import { eventsBetween, NOTHING_OBSERVED } from './decide/events.ts';
import { reconcile, type Decided } from './decide/reconcile.ts';
import { startDiscoveryServer, type DiscoveryServer } from './discovery/discovery-server.ts';
import { openRegistry, type Registry } from './discovery/registry.ts';
import { openEventLog, type EventLog } from './event-log.ts';
import { createExchangeManager } from './exchange/exchange-manager.ts';
import type { ExchangeManager, Member } from './exchange/exchange.ts';
import { evictMember } from './join/leave-mesh.ts';
import { startListeners, type Listeners } from './listeners.ts';
import { createRouteIds } from './route-ids.ts';
import { watchShares } from './share-watch.ts';
import { startAdminServer, type AdminServer } from '../mesh/adapters/admin/admin-server.ts';
import { openStateFolder } from '../mesh/adapters/files/state-folder.ts';
import { createExchangeDialer } from '../mesh/adapters/grpc/exchange-dialer.ts';
import {
  clusterFolder,
  removeRunInfo,
  writeRunInfo,
  type RunInfo,
} from '../mesh/adapters/standalone/cluster-folder.ts';
import { openFolderStore } from '../mesh/adapters/standalone/folder-store.ts';
import { toHex } from '../mesh/kit/hex.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { ClusterName } from '../mesh/model/names.ts';
import type { ResourceStore } from '../mesh/ports/resource-store.ts';
import type { StateStore } from '../mesh/ports/state-store.ts';

export interface Controller {
  /** Also in `run/controller.json` of the folder. */
  readonly info: RunInfo;
  /** Resolves when the cluster has left its mesh by the admin API: the program may end. */
  readonly left: Promise<void>;
  /** Idempotent. Peers and proxies keep what they know. */
  stop(): Promise<void>;
}

/** Resolves when every listener is up and `run/controller.json` says where. */
export async function startController(options: ControllerOptions): Promise<Result<Controller, Fault>> {
  const { dir, config, clock, random, log } = options;
  const folder = clusterFolder(dir);
  const trust = await openControllerTrust({ folder: folder.trust, config, clock, random, log });
  if (!trust.ok) return trust;
  const parts = openParts(options, trust.value);
  try {
    await parts.store.start();
    return ok(await serve(options, parts));
  } catch (cause) {
    await stopAll(parts);
    const message = cause instanceof Error ? cause.message : 'cannot be started';
    return err({ ...fault('io_failed', `controller of ${config.cluster}`, message), cause });
  }
}

/** What exists before anything listens. */
interface Parts {
  readonly trust: ControllerTrust;
  readonly state: StateStore;
  readonly store: ResourceStore;
  readonly exchange: ExchangeManager;
  readonly registry: Registry;
  readonly events: EventLog;
  readonly measured: ControllerMetrics;
  readonly pass: Coalesced;
  /** What a pass does; set before the first one runs. */
  work: () => void;
  /** Ends of what was started, in order of starting. */
  readonly ends: (() => Promise<void> | void)[];
}

function openParts(options: ControllerOptions, trust: ControllerTrust): Parts {
  const { dir, config, clock, random, log, metrics } = options;
  const { cluster, region, zone, allowLoopbackPeers: allowLoopback } = config;
  const { authority, identity } = trust;
  const state = openStateFolder(clusterFolder(dir).state);
  const store = openFolderStore({ dir, place: { region, zone }, clock });
  const pass = coalesce(clock, () => parts.work());
  const exchange: ExchangeManager = createExchangeManager({
    ...{ cluster, allowLoopback, trust: authority, state, clock, random, log, metrics },
    dial: createExchangeDialer({ identity, allowLoopback, now: clock.now }),
    onLeft: (peer) => {
      if (authority.isFounder) evictMember({ authority, exchange, cluster: peer, log });
    },
  });
  const registry = openRegistry({ state, clock, changed: pass.request });
  const parts: Parts = {
    ...{ trust, state, store, exchange, registry, pass, events: openEventLog(clock, log) },
    ...{ measured: controllerMetrics(metrics), work: () => undefined },
    ends: [trust.stop, () => store.stop(), () => exchange.stop(), registry.stop, pass.stop],
  };
  for (const subscribe of [store.subscribe, exchange.subscribe.bind(exchange), authority.subscribe])
    parts.ends.push(subscribe(pass.request));
  return parts;
}

async function serve(options: ControllerOptions, parts: Parts): Promise<Controller> {
  const { dir, config, log, random } = options;
  const discovery = await openDiscovery(options, parts);
  const decided = startPasses(options, parts, discovery);
  parts.exchange.start();
  const listeners = await openListeners(options, parts, decided);
  const { promise: left, resolve: hasLeft } = Promise.withResolvers<void>();
  const token = toHex(random.bytes(32));
  const context = { ...options, ...parts, ...parts.trust, discovery, decided, hasLeft };
  const admin = await startAdminServer({
    ...{ host: config.controller.host, port: config.controller.adminPort, metrics: options.metrics, log },
    ready: () => [
      { name: 'listeners', ok: true },
      { name: 'manifests', ok: true },
    ],
    api: { token, routes: adminRoutes(context) },
  });
  parts.ends.push(() => admin.stop());
  const info = describeRun(config, { discovery, listeners, admin, token });
  writeRunInfo(dir, info);
  parts.ends.push(() => removeRunInfo(dir, info.pid));
  log.info('controller ready', { cluster: config.cluster, mesh: config.mesh, folder: dir });
  let stopped: Promise<void> | undefined;
  return { info, left, stop: () => (stopped ??= stopAll(parts)) };
}

async function openDiscovery(options: ControllerOptions, parts: Parts): Promise<DiscoveryServer> {
  const { config } = options;
  const { mesh, cluster, region, zone } = config;
  const { events, measured, registry, trust } = parts;
  const watch = watchShares(() => discovery.view().services, events.add);
  const discovery: DiscoveryServer = await startDiscoveryServer({
    ...{ ...options, registry, identity: trust.identity, authority: trust.authority },
    listen: { host: config.controller.host, port: config.controller.discoveryPort },
    self: { mesh, cluster, region, zone },
    onRefused: (refusal) => measured.refused('discovery', refusal),
    onReport(report, registration) {
      if (registration.kind !== 'sidecar') return;
      watch.see(report, { cluster, region: registration.region, zone: registration.zone });
    },
  });
  parts.ends.push(() => discovery.stop());
  return discovery;
}

/** Runs the first pass at once; answers the way to the latest decision. */
function startPasses(options: ControllerOptions, parts: Parts, discovery: DiscoveryServer): () => Decided {
  const { config, version, clock } = options;
  const { store, registry, exchange, events, measured, trust } = parts;
  const routeIdOf = createRouteIds(trust.authority.routeKey);
  let observed = NOTHING_OBSERVED;
  let decided: Decided;
  parts.work = () => {
    const started = clock.monotonic();
    decided = reconcile({
      ...{ config, version, routeIdOf, objects: store.snapshot(), registrations: registry.all() },
      ...{ peers: exchange.peers(), peerFaults: exchange.faults() },
    });
    exchange.publish(decided.own);
    discovery.publish(decided.view);
    const now = {
      ...{ peers: exchange.peers(), endpoints: decided.local.endpoints, faults: decided.faults },
      exported: new Set(decided.own.services.keys()),
    };
    for (const event of eventsBetween(observed, now)) events.add(event);
    observed = now;
    const tookMs = clock.monotonic() - started;
    measured.reconciled(decided, { tookMs, viewVersion: discovery.view().version });
    measured.peers(exchange.peers());
    measured.proxies(discovery.proxies());
  };
  parts.work();
  return () => decided;
}

function openListeners(
  { config, clock, log, metrics }: ControllerOptions,
  parts: Parts,
  decided: () => Decided,
): Promise<Listeners> {
  const { exchange, trust, measured, events } = parts;
  const self = (): Member => ({ cluster: config.cluster, gateways: decided().own.info.gateways });
  const started = startListeners({
    ...{ config, trust, exchange, clock, log, metrics, measured },
    members: () => [self(), ...exchange.members()],
    onJoined: (cluster: ClusterName) => events.add(`${cluster}: joined the mesh`),
  });
  parts.ends.push(() =>
    started.then(
      (listeners) => listeners.stop(),
      () => undefined,
    ),
  );
  return started;
}

interface Running {
  readonly discovery: DiscoveryServer;
  readonly listeners: Listeners;
  readonly admin: AdminServer;
  readonly token: string;
}

function describeRun(config: ClusterConfig, { discovery, listeners, admin, token }: Running): RunInfo {
  const { federation, join, enrolment } = listeners;
  return {
    ...{ pid: process.pid, federation: federation.address, join: join.address },
    ...{ discovery: discovery.address, enrolment: enrolment.address },
    ...{ admin: { host: config.controller.host, port: admin.port }, token },
  };
}

/** In reverse order of starting. */
async function stopAll({ ends }: Parts): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}
