/**
 * The controller of a cluster as a program, composed by hand in reading order: what it stands on, trust, objects, the core
 * that decides (controller-core.ts), and around it discovery, the other listeners, admin.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { adminRoutes } from './admin-routes.ts';
import { openControllerCore, type ControllerCore } from './controller-core.ts';
import type { ControllerOptions } from './controller-options.ts';
import type { ClusterHost } from './cluster-host.ts';
import { openControllerTrust, type ControllerTrust } from './controller-trust.ts';
import { startDiscoveryServer, type DiscoveryServer } from './discovery/discovery-server.ts';
import type { CheckToken } from './enrolment-service.ts';
import type { Member } from './exchange/exchange.ts';
import { openFolderHost } from './folder-host.ts';
import { takeOrder } from './join/take-order.ts';
import { startListeners, type Listeners } from './listeners.ts';
import { openPodHost } from './pod-host.ts';
import { watchShares } from './share-watch.ts';
import { startPodWebhook } from './webhook/pod-webhook.ts';
import type { Webhook } from './webhook/webhook.ts';
import type { AdminRoute } from '../mesh/adapters/admin/admin-routes.ts';
import { startAdminServer, type AdminServer } from '../mesh/adapters/admin/admin-server.ts';
import type { Readiness } from '../mesh/adapters/admin/readiness.ts';
import { createExchangeDialer } from '../mesh/adapters/grpc/exchange-dialer.ts';
import { MOUNTS } from '../mesh/adapters/kubernetes/installation.ts';
import { removeRunInfo, writeRunInfo, type RunInfo } from '../mesh/adapters/standalone/cluster-folder.ts';
import { checkEnrolmentToken } from '../mesh/adapters/trust/enrolment-token.ts';
import { aborted } from '../mesh/kit/aborted.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { ClusterName } from '../mesh/model/names.ts';
import type { Log } from '../mesh/ports/log.ts';

export interface Controller {
  /** Also in `run/controller.json` of the folder. */
  readonly info: RunInfo;
  /** Resolves when the program shall end: the cluster has left its mesh, or another controller leads it. */
  readonly over: Promise<void>;
  /** Idempotent. Peers and proxies keep what they know. */
  stop(): Promise<void>;
}

/**
 * Resolves when every listener is up and `run/controller.json` says where. In a pod that takes until this controller
 * leads and its cluster is in a mesh; `signal` gives up waiting.
 */
export async function startController(
  options: ControllerOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<Result<Controller, Fault>> {
  const { config } = options;
  const stage: Stage = { ends: [], note: 'starting', webhook: undefined, routes: [] };
  try {
    const admin = await openAdmin(options, stage);
    const started = await start(options, { stage, admin, signal });
    if (!started.ok) await stopAll(stage, options.log);
    return started;
  } catch (cause) {
    await stopAll(stage, options.log);
    const message = cause instanceof Error ? cause.message : 'cannot be started';
    return err({ ...fault('io_failed', `controller of ${config.cluster}`, message), cause });
  }
}

/** How far it has come. */
interface Stage {
  /** Ends of what was started, in order of starting. */
  readonly ends: (() => Promise<void> | void)[];
  /** What it waits for; undefined: it serves. */
  note: string | undefined;
  /** Only in pods. */
  webhook: Webhook | undefined;
  routes: readonly AdminRoute[];
}

interface Admin {
  readonly server: AdminServer;
  readonly token: string;
}

async function openAdmin({ config, metrics, log }: ControllerOptions, stage: Stage): Promise<Admin> {
  const token =
    config.kubernetes === true
      ? readFileSync(path.join(MOUNTS.admin, 'token'), 'utf8').trim()
      : randomBytes(32).toString('hex');
  const server = await startAdminServer({
    ...{ host: config.controller.host, port: config.controller.adminPort, metrics, log },
    ready: () => readiness(stage),
    api: { token, routes: () => stage.routes },
  });
  stage.ends.push(() => server.stop());
  return { server, token };
}

/** One that stands by is ready: it is of use as soon as the one that leads is not. */
function readiness({ note, webhook }: Stage): Readiness[] {
  const serves = webhook === undefined ? [] : [webhook.readiness()];
  if (note === undefined) return [{ name: 'listeners', ok: true }, ...serves];
  return [{ name: 'listeners', ok: note === STANDS_BY, note }, ...serves];
}

const STANDS_BY = 'stands by: another controller leads';

interface Beginning {
  readonly stage: Stage;
  readonly admin: Admin;
  readonly signal: AbortSignal;
}

async function start(options: ControllerOptions, beginning: Beginning): Promise<Result<Controller, Fault>> {
  const { stage } = beginning;
  const host = await openHost(options, beginning);
  if (!host.ok) return host;
  stage.ends.push(host.value.stop);
  const overtaken = host.value.pods?.overtaken;
  const signal = overtaken === undefined ? beginning.signal : AbortSignal.any([beginning.signal, overtaken]);
  if (host.value.pods !== undefined) {
    stage.webhook?.lead(host.value.pods.mayWrite);
    stage.note = 'in no mesh yet: waits for an order';
    await takeOrder({ ...options, ...host.value, orders: host.value.pods.orders, signal });
    if (signal.aborted)
      return err(fault('unavailable', options.config.cluster, 'was stopped before it had a mesh'));
  }
  const trust = await openControllerTrust({ ...options, keys: host.value.keys });
  if (!trust.ok) return trust;
  stage.ends.push(trust.value.stop);
  stage.note = 'reading the objects of the cluster';
  const parts = openParts(options, { trust: trust.value, host: host.value, stage });
  await Promise.race([parts.host.store.start(), aborted(signal)]);
  if (signal.aborted)
    return err(fault('unavailable', options.config.cluster, 'was stopped before it could read'));
  return ok(await serve(options, parts, beginning));
}

async function openHost(
  options: ControllerOptions,
  { stage, signal }: Beginning,
): Promise<Result<ClusterHost, Fault>> {
  if (options.config.kubernetes !== true) return ok(openFolderHost(options));
  stage.note = STANDS_BY;
  const webhook = startPodWebhook({ ...options, host: options.config.controller.host, env: process.env });
  if (!webhook.ok) return webhook;
  stage.webhook = webhook.value;
  stage.ends.push(webhook.value.stop);
  return openPodHost({ ...options, env: process.env, signal, onStandby: webhook.value.begin });
}

/** What exists before anything listens. */
interface Parts {
  readonly trust: ControllerTrust;
  readonly host: ClusterHost;
  readonly core: ControllerCore;
  readonly stage: Stage;
  readonly checkToken: CheckToken;
  discovery: DiscoveryServer | undefined;
}

function openParts(
  options: ControllerOptions,
  { trust, host, stage }: Pick<Parts, 'trust' | 'host' | 'stage'>,
): Parts {
  const { config, clock } = options;
  const { allowLoopbackPeers: allowLoopback } = config;
  const { authority, identity } = trust;
  const { state, store, pods } = host;
  const core = openControllerCore({
    ...{ ...options, store, state, trust: authority },
    ...(pods === undefined ? {} : { multicluster: pods.multicluster }),
    dial: createExchangeDialer({ identity, allowLoopback, now: clock.now }),
    onPass: () => core.measured.proxies(parts.discovery?.proxies() ?? []),
  });
  const checkToken: CheckToken = (token) =>
    pods?.reviewToken(token) ??
    Promise.resolve(checkEnrolmentToken(authority.enrolmentKey, token, clock.now()));
  const parts: Parts = { trust, host, core, stage, checkToken, discovery: undefined };
  stage.ends.push(core.stop);
  return parts;
}

async function serve(options: ControllerOptions, parts: Parts, { admin }: Beginning): Promise<Controller> {
  const { dir, config, log } = options;
  const { core, trust, stage, host } = parts;
  const { pods, ...rest } = host;
  core.begin();
  const discovery = (parts.discovery = await openDiscovery(options, parts));
  // The epoch of this run: no later one may be given it again.
  const kept = await rest.state.flush();
  if (!kept.ok) throw new Error(`what it remembers cannot be kept: ${kept.error.message}`);
  core.exchange.start();
  const listeners = await openListeners(options, parts);
  const { promise: left, resolve: hasLeft } = Promise.withResolvers<void>();
  const multicluster = pods === undefined ? {} : { multicluster: pods.multicluster };
  stage.routes = adminRoutes({ ...options, ...core, ...trust, ...rest, ...multicluster, discovery, hasLeft });
  const info = describeRun(config, { discovery, listeners, admin });
  writeRunInfo(dir, info);
  stage.ends.push(() => removeRunInfo(dir, info.pid));
  if (pods !== undefined) await comeForward(pods);
  stage.webhook?.begin();
  stage.note = undefined;
  log.info('controller ready', { cluster: config.cluster, mesh: config.mesh, folder: dir });
  let stopped: Promise<void> | undefined;
  return {
    ...{ info, over: pods === undefined ? left : Promise.race([left, aborted(pods.overtaken)]) },
    stop: () => (stopped ??= stopAll(stage, log)),
  };
}

async function comeForward(pods: NonNullable<ClusterHost['pods']>): Promise<void> {
  const announced = await pods.announce();
  if (!announced.ok) throw new Error(`proxies cannot be told where it is: ${announced.error.message}`);
}

async function openDiscovery(options: ControllerOptions, parts: Parts): Promise<DiscoveryServer> {
  const { config } = options;
  const { checkToken, stage, core, trust } = parts;
  const { events, measured, registry, publication } = core;
  const { identity, authority } = trust;
  const watch = watchShares(() => publication.view().services, events.add);
  const discovery = await startDiscoveryServer({
    ...{ ...options, registry, publication, identity, authority, checkToken },
    listen: { host: config.controller.host, port: config.controller.discoveryPort },
    onRefused: (refusal) => measured.refused('discovery', refusal),
    onReport(report, registration) {
      if (registration.kind !== 'sidecar') return;
      const { region, zone } = registration;
      watch.see(report, { cluster: config.cluster, region, zone });
    },
  });
  stage.ends.push(() => discovery.stop());
  return discovery;
}

function openListeners(options: ControllerOptions, parts: Parts): Promise<Listeners> {
  const { config } = options;
  const { core, trust, stage, host, checkToken } = parts;
  const { exchange, measured, events, decided } = core;
  const self = (): Member => ({ cluster: config.cluster, gateways: decided().own.info.gateways });
  const started = startListeners({
    ...{ ...options, trust, exchange, measured, checkToken, flush: host.keys.flush },
    members: () => [self(), ...exchange.members()],
    onJoined: (cluster: ClusterName) => events.add(`${cluster}: joined the mesh`),
  });
  stage.ends.push(() =>
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
  readonly admin: Admin;
}

function describeRun(config: ClusterConfig, { discovery, listeners, admin }: Running): RunInfo {
  const { federation, join, enrolment } = listeners;
  return {
    ...{ pid: process.pid, federation: federation.address, join: join.address },
    ...{ discovery: discovery.address, enrolment: enrolment.address },
    admin: { host: config.controller.host, port: admin.server.port },
    token: admin.token,
  };
}

/** In reverse order of starting; one that fails does not keep the others, the lease among them. */
async function stopAll({ ends }: Stage, log: Log): Promise<void> {
  for (const end of ends.splice(0).reverse()) {
    try {
      await end();
    } catch (cause) {
      log.warn('a part could not be ended', { cause });
    }
  }
}
