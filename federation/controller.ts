/**
 * The controller of a cluster as a program, composed by hand in reading order: trust, objects, the core that decides
 * (controller-core.ts), and around it discovery, the other listeners, admin.
 */
import { adminRoutes } from './admin-routes.ts';
import { openControllerCore, type ControllerCore } from './controller-core.ts';
import type { ControllerOptions } from './controller-options.ts';
import { openHost, type ClusterHost } from './cluster-host.ts';
import { openControllerTrust, type ControllerTrust } from './controller-trust.ts';
import { startDiscoveryServer, type DiscoveryServer } from './discovery/discovery-server.ts';
import type { Member } from './exchange/exchange.ts';
import { startListeners, type Listeners } from './listeners.ts';
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
import { toHex } from '../mesh/kit/hex.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { ClusterName } from '../mesh/model/names.ts';
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
  const host = await openHost(options);
  if (!host.ok) {
    trust.value.stop();
    return host;
  }
  const parts = openParts(options, { trust: trust.value, host: host.value });
  try {
    await parts.host.store.start();
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
  readonly host: ClusterHost;
  readonly core: ControllerCore;
  discovery: DiscoveryServer | undefined;
  /** Ends of what was started, in order of starting. */
  readonly ends: (() => Promise<void> | void)[];
}

function openParts(
  options: ControllerOptions,
  { trust, host }: { readonly trust: ControllerTrust; readonly host: ClusterHost },
): Parts {
  const { dir, config, clock } = options;
  const { allowLoopbackPeers: allowLoopback } = config;
  const { authority, identity } = trust;
  const state = openStateFolder(clusterFolder(dir).state);
  const core = openControllerCore({
    ...{ ...options, ...host, trust: authority, state },
    dial: createExchangeDialer({ identity, allowLoopback, now: clock.now }),
    onPass: () => core.measured.proxies(parts.discovery?.proxies() ?? []),
  });
  const parts: Parts = {
    ...{ trust, state, host, core, discovery: undefined },
    ends: [trust.stop, host.stop, core.stop],
  };
  return parts;
}

async function serve(options: ControllerOptions, parts: Parts): Promise<Controller> {
  const { dir, config, log, random } = options;
  const { core, trust, state, host } = parts;
  core.begin();
  const discovery = (parts.discovery = await openDiscovery(options, parts));
  core.exchange.start();
  const listeners = await openListeners(options, parts);
  const { promise: left, resolve: hasLeft } = Promise.withResolvers<void>();
  const token = toHex(random.bytes(32));
  const context = { ...options, ...core, ...trust, ...host, state, discovery, hasLeft };
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
  const { events, measured, registry, publication } = parts.core;
  const { identity, authority } = parts.trust;
  const watch = watchShares(() => publication.view().services, events.add);
  const discovery = await startDiscoveryServer({
    ...{ ...options, registry, publication, identity, authority },
    listen: { host: config.controller.host, port: config.controller.discoveryPort },
    onRefused: (refusal) => measured.refused('discovery', refusal),
    onReport(report, registration) {
      if (registration.kind !== 'sidecar') return;
      const { region, zone } = registration;
      watch.see(report, { cluster: config.cluster, region, zone });
    },
  });
  parts.ends.push(() => discovery.stop());
  return discovery;
}

function openListeners(
  { config, clock, log, metrics }: ControllerOptions,
  { core, trust, ends }: Parts,
): Promise<Listeners> {
  const { exchange, measured, events, decided } = core;
  const self = (): Member => ({ cluster: config.cluster, gateways: decided().own.info.gateways });
  const started = startListeners({
    ...{ config, trust, exchange, clock, log, metrics, measured },
    members: () => [self(), ...exchange.members()],
    onJoined: (cluster: ClusterName) => events.add(`${cluster}: joined the mesh`),
  });
  ends.push(() =>
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
