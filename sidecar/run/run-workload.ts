/**
 * Runs a workload: its sidecar, then the application as a child, or beside it in its pod. The one function behind
 * `node sidecar/main.ts` and `isthmus run`.
 */
import { flushCompileCache } from 'node:module';
import { startAdminServer, type AdminServer } from '../../mesh/adapters/admin/admin-server.ts';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { connectDiscovery } from '../../mesh/adapters/discovery/connect-discovery.ts';
import { openProxyIdentity, type ProxyIdentity } from '../../mesh/adapters/discovery/open-proxy-identity.ts';
import { APP_PROBES, readAppProbes, type AppProbe } from '../../mesh/adapters/kubernetes/app-probes.ts';
import { POD_IP, POD_NAME, PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
import { createLog } from '../../mesh/adapters/log/pino-log.ts';
import {
  createPrometheusMetrics,
  type PrometheusMetrics,
} from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { startTracer } from '../../mesh/adapters/tracing/otlp-tracer.ts';
import { ok, type Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import { splitServiceKey, type ClusterName } from '../../mesh/model/names.ts';
import type { Discovery } from '../../mesh/ports/discovery.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { Tracer } from '../../mesh/ports/tracing.ts';
import type { SidecarListen } from '../addresses.ts';
import { accessLogFrom, type AccessLog } from '../observe/access-log.ts';
import { startSidecar, type Sidecar } from '../sidecar.ts';
import { openAppHealth } from './app-health.ts';
import { startApplication, type Application } from './application.ts';
import type { WorkloadArguments } from './arguments.ts';
import { applicationEnv } from './environment.ts';
import { listenInPod } from './pod-place.ts';
import { firstTarget, watchReadiness } from './readiness.ts';
import { serveWorkloadSocket } from './workload-socket.ts';

export interface RunWorkloadOptions extends WorkloadArguments {
  /** Aborted by the first SIGTERM or SIGINT: drains, then ends the application. */
  readonly stop: AbortSignal;
  /** Default: ISTHMUS_ACCESS_LOG=1 writes it to stderr. */
  readonly accessLog?: AccessLog;
}

/** By then all code that a sidecar at rest needs has run. */
const COMPILED_AFTER_MS = 3_000;

/** Resolves with the exit code: the application's own, or 0 when there is none and `stop` was aborted. */
export async function runWorkload(options: RunWorkloadOptions): Promise<Result<number, Fault>> {
  const log = createLog('sidecar').with({ service: options.service });
  const opened = await openSidecar(options, log);
  if (!opened.ok) return opened;
  const { cluster, servedPort, sidecar, close } = opened.value;
  // Kept for the next start even if this process is killed: a start from the cache takes a quarter less memory.
  const offFlush = systemClock.after(COMPILED_AFTER_MS, flushCompileCache);
  try {
    return await runApplication({ ...options, cluster, servedPort }, sidecar, log);
  } finally {
    offFlush();
    await sidecar.stop();
    await close();
  }
}

interface OpenedSidecar {
  readonly cluster: ClusterName;
  /** Where the application listens, as its Service says it; undefined: there is none that does. */
  readonly servedPort: () => number | undefined;
  readonly sidecar: Sidecar;
  close(): Promise<void>;
}

async function openSidecar(options: RunWorkloadOptions, log: Log): Promise<Result<OpenedSidecar, Fault>> {
  const { namespace, name } = splitServiceKey(options.service);
  const tools = { clock: systemClock, random: systemRandom, log };
  const role = { kind: 'workload', namespace, serviceAccount: options.serviceAccount } as const;
  const proxy = await openProxyIdentity({ dir: options.dir, role, signal: options.stop, ...tools });
  if (!proxy.ok) return proxy;
  const { identity, config } = proxy.value;
  const { cluster, kubernetes: inPod = false } = config;
  const place: Result<Place, Fault> = inPod ? await placeInPod(options) : ok({ listen: listenOf(options) });
  if (!place.ok) return place;
  const metrics = createPrometheusMetrics();
  const tracer = await startTracer({
    serviceName: name,
    cluster,
    attributes: { 'k8s.namespace.name': namespace },
  });
  const discovery = connectDiscovery({
    ...{ identity, addresses: proxy.value.addresses, ...tools },
    lastView: proxy.value.lastView,
    onBundle: (signed) => proxy.value.adoptBundle(signed),
  });
  const sidecar = await startSidecar({
    ...{ workload: workloadOf(options, inPod), identity, discovery, metrics, tracer, ...tools },
    ...{ accessLog: options.accessLog ?? accessLogFrom(process.env) },
    ...{ listen: place.value.listen, signal: options.stop },
    ...(process.env[POD_NAME] === undefined ? {} : { proxy: process.env[POD_NAME] }),
  });
  const parts = { identity, discovery, metrics, inPod, clock: systemClock };
  const stopSocket = await serveWorkloadSocket({ ...parts, socket: options.workloadSocket });
  const admin = await startAdmin({ metrics, discovery, log, probes: place.value.probes });
  log.info('sidecar running', {
    ...{ proxy: sidecar.proxy, inbound: sidecar.inboundAddress.port, admin: admin.port },
    httpProxy: sidecar.httpProxyAddress.port,
  });
  const servedPort = (): number | undefined =>
    inPod ? firstTarget(discovery.view(), options.service) : undefined;
  const close = (): Promise<void> => stopSocket().then(() => closeAll(admin, tracer, proxy.value));
  return ok({ cluster, sidecar, servedPort, close });
}

async function closeAll(admin: AdminServer, tracer: Tracer, proxy: ProxyIdentity): Promise<void> {
  proxy.stop();
  await Promise.all([admin.stop(), tracer.stop()]);
}

interface Place {
  readonly listen: SidecarListen;
  /** In a pod: those of the application that the kubelet asks of the sidecar. */
  readonly probes?: ReadonlyMap<string, AppProbe> | undefined;
}

async function placeInPod({ upstreams }: RunWorkloadOptions): Promise<Result<Place, Fault>> {
  const probes = readAppProbes(process.env[APP_PROBES]);
  if (!probes.ok) return probes;
  const listen = await listenInPod({ env: process.env, user: process.getuid?.(), upstreams });
  return listen.ok ? ok({ listen: listen.value, probes: probes.value }) : listen;
}

const HOST = '127.0.0.1';

function listenOf({ upstreams }: RunWorkloadOptions): SidecarListen {
  return { inbound: { host: HOST, port: 0 }, httpProxy: { host: HOST, port: 0 }, upstreams };
}

/** In a pod the Service says where its pods listen; elsewhere an application listens where it was told to. */
function workloadOf(
  { service, serviceAccount, port }: RunWorkloadOptions,
  inPod: boolean,
): Parameters<typeof startSidecar>[0]['workload'] {
  return { service, serviceAccount, ...(port === undefined || inPod ? {} : { appPort: port }) };
}

interface AdminParts {
  readonly metrics: PrometheusMetrics;
  readonly discovery: Discovery;
  readonly log: Log;
  /** Absent: this is no pod. */
  readonly probes: Place['probes'];
}

function startAdmin({ metrics, discovery, log, probes }: AdminParts): Promise<AdminServer> {
  const inPod = probes !== undefined;
  const port = Number(process.env['ISTHMUS_ADMIN_PORT'] ?? (inPod ? PORTS.admin : 0));
  const controller = (): { name: string; ok: boolean; note?: string } =>
    discovery.connected()
      ? { name: 'controller', ok: true }
      : { name: 'controller', ok: true, note: 'away; the last view stays in force' };
  return startAdminServer({
    // The kubelet and Prometheus come from outside the pod.
    host: inPod ? '0.0.0.0' : HOST,
    ...{ port, metrics, log },
    ready: () => [controller()],
    ...(inPod ? { open: openAppHealth({ probes, address: process.env[POD_IP] ?? HOST, metrics }) } : {}),
  });
}

async function runApplication(
  options: RunWorkloadOptions & Pick<OpenedSidecar, 'cluster' | 'servedPort'>,
  sidecar: Sidecar,
  log: Log,
): Promise<Result<number, Fault>> {
  const { command, port, servedPort, stop } = options;
  const application =
    command.length === 0 ? undefined : startApplication(command, applicationEnv(options, sidecar));
  if (application?.ok === false) return application;
  const offReadiness = watchReadiness(
    systemClock,
    () => port ?? servedPort(),
    (ready) => {
      log.info(ready ? 'application ready' : 'application not ready', { port: port ?? servedPort() });
      if (!stop.aborted) sidecar.setReady(ready);
    },
  );
  const ended = await Promise.race([endOf(application?.value), drained(stop, sidecar)]);
  offReadiness();
  if (ended !== undefined) {
    sidecar.setReady(false);
    log.warn('application ended', { exitCode: ended });
    return ok(ended);
  }
  return ok(await endApplication(application?.value));
}

function endOf(application: Application | undefined): Promise<number> {
  if (application === undefined) return new Promise(() => undefined);
  return application.ended.then(({ exitCode }) => exitCode);
}

/** Resolves with undefined when the sidecar has drained after a stop. */
function drained(stop: AbortSignal, sidecar: Sidecar): Promise<undefined> {
  return new Promise((resolve) => {
    const drain = (): void => void sidecar.drain().then(() => resolve(undefined));
    if (stop.aborted) drain();
    else stop.addEventListener('abort', drain, { once: true });
  });
}

const KILL_AFTER_MS = 10_000;

async function endApplication(application: Application | undefined): Promise<number> {
  if (application === undefined) return 0;
  application.signal('SIGTERM');
  const cancel = systemClock.after(KILL_AFTER_MS, () => application.signal('SIGKILL'));
  const { exitCode } = await application.ended;
  cancel();
  return exitCode;
}
