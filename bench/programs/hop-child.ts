/**
 * The outbound half of a sidecar with plain sockets on both sides: listener, codec, routing, retries, health, pools,
 * metrics and reports are the product's; only the dialler is another one, which connects without TLS.
 */
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { createLog } from '../../mesh/adapters/log/pino-log.ts';
import { createPrometheusMetrics } from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { noopTracer } from '../../mesh/adapters/tracing/noop-tracer.ts';
import { ok } from '../../mesh/kit/result.ts';
import type { TrustBundle } from '../../mesh/model/bundle.ts';
import type { ServiceAccount, ServiceKey } from '../../mesh/model/names.ts';
import type { Credentials } from '../../mesh/ports/mesh-identity.ts';
import type { SidecarContext } from '../../sidecar/context.ts';
import { dialApp } from '../../sidecar/inbound/dial-app.ts';
import { reportEachSecond } from '../../sidecar/observe/report.ts';
import { createSidecarMetrics } from '../../sidecar/observe/request-metrics.ts';
import { Destinations } from '../../sidecar/outbound/destinations.ts';
import { ALPN_HTTP, type LaneDialer } from '../../sidecar/outbound/dial-lane.ts';
import { GatewayReach } from '../../sidecar/outbound/gateways.ts';
import { createHttpFront } from '../../sidecar/outbound/http-front.ts';
import { serveClient } from '../../sidecar/outbound/serve-client.ts';
import { ServiceListeners } from '../../sidecar/outbound/service-listeners.ts';
import { DEFAULT_SETTINGS } from '../../sidecar/settings.ts';
import { SpareCredit } from '../../sidecar/streams/spare-credit.ts';
import { startTicker } from '../../sidecar/ticker.ts';
import { CLIENT_CLUSTER } from '../names.ts';
import { addEndpoint, fixedCluster, fixedIdentity, fixedMesh } from './fixed-mesh.ts';

export interface HopInput {
  readonly application: number;
  readonly bundle: TrustBundle;
  readonly credentials: Credentials;
}

const input = JSON.parse(process.argv[2] ?? '') as HopInput;
const own = fixedCluster(fixedMesh(), CLIENT_CLUSTER, input.bundle);
addEndpoint(own, input.application);

const metrics = createPrometheusMetrics();
const context: SidecarContext = {
  workload: { service: 'shop/client' as ServiceKey, serviceAccount: 'client' as ServiceAccount },
  identity: fixedIdentity({ ...input, cluster: CLIENT_CLUSTER, account: 'client' }),
  ...{ discovery: own.discovery(), clock: systemClock, random: systemRandom, log: createLog('sidecar') },
  ...{ accessLog: undefined, metrics, tracer: noopTracer, settings: DEFAULT_SETTINGS },
  ticker: startTicker(systemClock, DEFAULT_SETTINGS.tickMs),
  spareCredit: new SpareCredit(),
};

const dialer: LaneDialer = {
  async dial({ host, port }) {
    const dialled = await dialApp({ host, port });
    return dialled.ok ? ok({ socket: dialled.value, raw: dialled.value, alpn: ALPN_HTTP }) : dialled;
  },
  probe: () => Promise.resolve(true),
  reach: new GatewayReach(context, () => undefined),
};

const destinations = new Destinations(
  { context, metrics: createSidecarMetrics(metrics), dialer },
  context.discovery.view(),
);
const front = createHttpFront(context);
const listeners = new ServiceListeners({
  ...{ context, destinations, host: '127.0.0.1' },
  wanted: () => destinations.known().map((known) => ({ ...known, localPort: 0 })),
  accept: (socket, destination) =>
    serveClient({ context, front, destinations }, socket, { destination, first: undefined }),
});
context.ticker.onTick((nowMs) => {
  front.tick(nowMs);
  destinations.tick(nowMs);
});
reportEachSecond(context, { proxy: 'client-1', observe: (nowMs) => destinations.observe(nowMs) });
await listeners.update();
process.on('disconnect', () => process.exit());
process.send?.({ port: listeners.list()[0]?.port });
