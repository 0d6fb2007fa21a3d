/**
 * The plain proxy: beside a gateway, the proxy of pods that have no sidecar, where clusters do not reach each other's pods.
 * It takes their connections behind clusterset IPs, on a port for each service port, and calls the service as a sidecar
 * would; and it ends the mesh's mTLS for those of them that serve. Its identity is the gateway's: policies see a program
 * of the cluster, which no allow rule names.
 */
import type { HostPort } from '../addresses.ts';
import { openContext, type ContextParts, type SidecarContext } from '../context.ts';
import { pause } from '../../mesh/adapters/clock/pause.ts';
import { quiet } from '../drained.ts';
import { openInbound, type Inbound } from '../inbound/inbound-listener.ts';
import { createSidecarMetrics } from '../observe/request-metrics.ts';
import { ServiceListeners } from '../outbound/service-listeners.ts';
import { openWays, type Ways } from '../outbound/ways.ts';
import { forPods, wantedPorts } from './for-pods.ts';
import { createPodPorts } from './pod-ports.ts';

export interface PlainProxyOptions extends Omit<ContextParts, 'settings'> {
  /** Of the mesh; pods call on the same host. */
  readonly inbound: HostPort;
  /** Unique in the cluster. */
  readonly proxy: string;
  /** Gives up waiting for the first view. */
  readonly signal: AbortSignal;
}

export interface PlainProxy {
  readonly inboundAddress: HostPort;
  /** Takes no new work when others have learned of it. Resolves when it has come to rest, or after the drain time. */
  drain(): Promise<void>;
  /** Ends all at once. Idempotent. */
  stop(): Promise<void>;
}

/** Resolves when every listener listens. Rejects, with nothing left open, when one cannot or `signal` aborts. */
export async function startPlainProxy(options: PlainProxyOptions): Promise<PlainProxy> {
  const view = await options.discovery.start(options.signal);
  const context = openContext(options);
  const metrics = createSidecarMetrics(options.metrics);
  const ways = openWays(context, metrics, forPods(view));
  try {
    const ports = createPodPorts(view);
    const inbound = await openInbound({ context, metrics, ports, listen: options.inbound });
    const running = { context, ways, inbound, options, listeners: openListeners(context, ways, options) };
    await running.listeners.update();
    return run(running);
  } catch (cause) {
    ways.stop();
    context.ticker.stop();
    await options.discovery.stop();
    throw cause;
  }
}

interface Running {
  readonly context: SidecarContext;
  readonly ways: Ways;
  readonly inbound: Inbound;
  readonly listeners: ServiceListeners;
  readonly options: PlainProxyOptions;
}

function openListeners(
  context: SidecarContext,
  ways: Ways,
  { inbound }: PlainProxyOptions,
): ServiceListeners {
  return new ServiceListeners({
    ...{ context, destinations: ways.destinations, host: inbound.host, accept: ways.serve },
    wanted: () => wantedPorts(context.discovery.view()),
  });
}

function run(running: Running): PlainProxy {
  const { context, ways, inbound, listeners } = running;
  const offView = context.discovery.subscribe((view) => {
    inbound.update(view);
    ways.update(forPods(view));
    void listeners.update();
  });
  context.ticker.onTick((nowMs) => {
    inbound.tick(nowMs);
    ways.tick(nowMs);
  });
  register(running, true);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    offView();
    ways.stop();
    context.ticker.stop();
    await Promise.all([inbound.stop(), listeners.stop(), context.discovery.stop()]);
  };
  return {
    inboundAddress: inbound.address,
    drain: () => drain(running),
    stop: () => (stopping ??= stop()),
  };
}

/** From a pod that is not ready any more in an EndpointSlice until no node leads connections to it: usually far less. */
const UNLISTED_MS = 3_000;

async function drain(running: Running): Promise<void> {
  const { context, inbound, ways } = running;
  register(running, false);
  await pause(context.clock, UNLISTED_MS, new AbortController().signal);
  inbound.drain();
  await quiet(context, () => inbound.busy() + ways.front.busy());
}

function register({ context, inbound, options: { proxy } }: Running, ready: boolean): void {
  const { region, zone } = context.discovery.view().self;
  const { host: address, port } = inbound.address;
  context.discovery.register({ kind: 'plain', proxy, address, port, region, zone, ready });
}
