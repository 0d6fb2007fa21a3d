/** The plain proxy as a program in a pod: what it stands on, the proxy, and its admin listener, until it has drained. */
import { flushCompileCache } from 'node:module';
import { startAdminServer, type AdminServer } from '../../mesh/adapters/admin/admin-server.ts';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { connectDiscovery } from '../../mesh/adapters/discovery/connect-discovery.ts';
import { openProxyIdentity, type ProxyIdentity } from '../../mesh/adapters/discovery/open-proxy-identity.ts';
import { GATEWAY, NAMESPACE, POD_IP, POD_NAME, PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
import { createLog } from '../../mesh/adapters/log/pino-log.ts';
import {
  createPrometheusMetrics,
  type PrometheusMetrics,
} from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { startTracer } from '../../mesh/adapters/tracing/otlp-tracer.ts';
import { aborted } from '../../mesh/kit/aborted.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { serviceKey, type Namespace, type ServiceAccount, type ServiceName } from '../../mesh/model/names.ts';
import type { Log } from '../../mesh/ports/log.ts';
import { accessLogFrom } from '../observe/access-log.ts';
import { startPlainProxy, type PlainProxy } from './plain-proxy.ts';

export interface RunPlainProxyOptions {
  /** The pod's folder of the mesh. */
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by the first SIGTERM or SIGINT: drains. */
  readonly stop: AbortSignal;
}

/** It calls under this name; nobody calls it. */
const WORKLOAD = {
  service: serviceKey(NAMESPACE as Namespace, GATEWAY as ServiceName),
  serviceAccount: GATEWAY as ServiceAccount,
};
/** By then all code that a proxy at rest needs has run. */
const COMPILED_AFTER_MS = 3_000;

/** Resolves when it has drained, or when it cannot start; it waits for its controller as long as it takes. */
export async function runPlainProxy(options: RunPlainProxyOptions): Promise<Result<void, Fault>> {
  const { env, dir, stop } = options;
  const { [POD_IP]: host = '', [POD_NAME]: name = '' } = env;
  if (host === '' || name === '')
    return err(fault('config_invalid', host === '' ? POD_IP : POD_NAME, 'is not set: the pod does not say'));
  const log = createLog('plain');
  const running: Running = { log, host, proxy: `${name}-plain`, metrics: createPrometheusMetrics() };
  const admin = await startAdmin(running);
  systemClock.after(COMPILED_AFTER_MS, flushCompileCache);
  try {
    const tools = { clock: systemClock, random: systemRandom, log };
    const proxy = await openProxyIdentity({ dir, role: { kind: 'gateway' }, signal: stop, ...tools });
    if (!proxy.ok) return stop.aborted ? ok(undefined) : proxy;
    await serve(proxy.value, { ...options, running });
    proxy.value.stop();
    return ok(undefined);
  } finally {
    await admin.stop();
  }
}

interface Running {
  readonly log: Log;
  readonly metrics: PrometheusMetrics;
  /** Address of the pod. */
  readonly host: string;
  readonly proxy: string;
  plain?: PlainProxy;
}

function startAdmin(running: Running): Promise<AdminServer> {
  const { metrics, log } = running;
  return startAdminServer({
    ...{ host: '0.0.0.0', port: PORTS['plain-admin'], metrics, log },
    ready: () => [
      { name: 'listening', ok: running.plain !== undefined, note: 'after the first view of the mesh' },
    ],
  });
}

async function serve(
  { identity, addresses, lastView, adoptBundle, config }: ProxyIdentity,
  { env, stop, running }: RunPlainProxyOptions & { readonly running: Running },
): Promise<void> {
  const { log, metrics, host, proxy } = running;
  const tools = { clock: systemClock, random: systemRandom, log };
  const tracer = await startTracer({ serviceName: GATEWAY, cluster: config.cluster, attributes: {} });
  const discovery = connectDiscovery({ identity, addresses, lastView, onBundle: adoptBundle, ...tools });
  try {
    const plain = (running.plain = await startPlainProxy({
      ...{ workload: WORKLOAD, identity, discovery, metrics, tracer, proxy, signal: stop, ...tools },
      inbound: { host, port: PORTS.plain },
      accessLog: accessLogFrom(env),
    }));
    log.info('plain proxy running', { proxy, inbound: plain.inboundAddress.port });
    await aborted(stop);
    await plain.drain();
    await plain.stop();
  } catch (cause) {
    if (!stop.aborted) throw cause;
  } finally {
    await tracer.stop();
  }
}
