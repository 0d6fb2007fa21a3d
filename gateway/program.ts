/** The gateway program of a cluster, from start to the end of its drain. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { startAdminServer } from '../mesh/adapters/admin/admin-server.ts';
import type { Readiness } from '../mesh/adapters/admin/readiness.ts';
import { connectDiscovery } from '../mesh/adapters/discovery/connect-discovery.ts';
import { openProxyIdentity, type ProxyIdentity } from '../mesh/adapters/discovery/open-proxy-identity.ts';
import { writeFileAtomic } from '../mesh/adapters/files/atomic-write.ts';
import type { PrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import { clusterFolder } from '../mesh/adapters/standalone/cluster-folder.ts';
import { aborted } from '../mesh/kit/aborted.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Discovery } from '../mesh/ports/discovery.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Random } from '../mesh/ports/random.ts';
import { controllerTargets } from './controller-targets.ts';
import { startGateway, type Gateway } from './gateway.ts';
import { placeGateway, type Placement } from './placement.ts';
import type { GatewayFlags } from './flags.ts';

export interface ProgramTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: PrometheusMetrics;
}

export interface StopRequests {
  /** Aborts when the program shall drain and end. */
  readonly asked: AbortSignal;
  /** Aborts when it shall end at once. */
  readonly insisted: AbortSignal;
}

interface Running {
  discovery?: Discovery;
  gateway?: Gateway;
}

/** Resolves when it has drained, or when it cannot start; it waits for its controller as long as it takes. */
export async function runGateway(
  flags: GatewayFlags,
  tools: ProgramTools,
  stop: StopRequests,
): Promise<Result<void, Fault>> {
  const running: Running = {};
  const { log, metrics } = tools;
  const admin = await listen(flags.admin, () =>
    startAdminServer({ ...flags.admin, metrics, log, ready: () => readiness(running) }),
  );
  if (!admin.ok) return admin;
  log.info('gateway starting', { admin: { host: flags.admin.host, port: admin.value.port } });
  const proxy = await openProxyIdentity({
    ...{ dir: flags.dir, role: { kind: 'gateway' }, signal: stop.asked },
    ...{ clock: tools.clock, random: tools.random, log },
  });
  const ended = proxy.ok
    ? await serve(proxy.value, { flags, tools, stop, running, adminPort: admin.value.port })
    : proxy;
  if (proxy.ok) proxy.value.stop();
  await admin.value.stop();
  return stop.asked.aborted ? ok(undefined) : ended;
}

interface Setting {
  readonly flags: GatewayFlags;
  readonly tools: ProgramTools;
  readonly stop: StopRequests;
  readonly running: Running;
  readonly adminPort: number;
}

async function serve(proxy: ProxyIdentity, setting: Setting): Promise<Result<void, Fault>> {
  const { flags, tools, stop, running } = setting;
  const placement = placeGateway(flags, proxy.config, tools.random);
  if (!placement.ok) return placement;
  const { clock, random, log } = tools;
  const { identity, addresses, lastView, adoptBundle } = proxy;
  const discovery = connectDiscovery({
    ...{ identity, addresses, lastView, clock, random, log, onBundle: adoptBundle },
  });
  running.discovery = discovery;
  const hasView = await discovery.start(stop.asked).then(
    () => true,
    () => false,
  );
  const ended = hasView
    ? await accept(discovery, proxy, { ...setting, placement: placement.value })
    : ok(undefined);
  await discovery.stop();
  return ended;
}

async function accept(
  discovery: Discovery,
  { config, addresses }: ProxyIdentity,
  setting: Setting & { readonly placement: Placement },
): Promise<Result<void, Fault>> {
  const { tools, stop, running, placement } = setting;
  const readTargets = () => {
    const known = addresses();
    return known.ok ? known.value : undefined;
  };
  const gateway = await listen(placement.listen, () =>
    startGateway({
      ...{ ...tools, ...placement, config, discovery },
      controllerTargets: controllerTargets(readTargets, tools.clock),
    }),
  );
  if (!gateway.ok) return gateway;
  running.gateway = gateway.value;
  const forget = publishPlace(gateway.value, setting);
  await aborted(stop.asked);
  await Promise.race([gateway.value.drain(), aborted(stop.insisted)]);
  await gateway.value.stop();
  forget();
  return ok(undefined);
}

/** Writes `run/<name>.json`, for people and programs that look for this gateway; the result removes it. */
function publishPlace(
  gateway: Gateway,
  { flags, adminPort, placement: { name } }: Setting & { readonly placement: Placement },
): () => void {
  const file = path.join(clusterFolder(flags.dir).run, `${name}.json`);
  const admin = { host: flags.admin.host, port: adminPort };
  writeFileAtomic(file, JSON.stringify({ pid: process.pid, listen: gateway.address, admin }));
  return () => rmSync(file, { force: true });
}

function readiness({ discovery, gateway }: Running): Readiness[] {
  const draining = gateway?.stats().draining === true;
  const connected = discovery?.connected() === true;
  return [
    {
      name: 'listening',
      ok: gateway !== undefined && !draining,
      note: draining ? 'draining' : gateway ? 'ok' : 'waiting for the first view of the mesh',
    },
    // Without its controller a gateway goes on with the last view: that is no reason to take it out.
    {
      name: 'controller',
      ok: true,
      note: connected ? 'connected' : 'not connected; the last view stays in force',
    },
  ];
}

/** Turns the rejection of something that cannot listen into a fault that names the address. */
async function listen<T>(
  { host, port }: { readonly host: string; readonly port: number },
  start: () => Promise<T>,
): Promise<Result<T, Fault>> {
  try {
    return ok(await start());
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return err({ ...fault('io_failed', `${host}:${port}`, `cannot be listened on: ${why}`), cause });
  }
}
