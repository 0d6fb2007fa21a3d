/**
 * The sidecar: the proxy beside a workload. Outbound, applications reach services of the mesh through it; inbound, it
 * ends the mesh's mTLS, decides access and hands requests to the application. Start at startSidecar.
 */
import { splitServiceKey } from '../mesh/model/names.ts';
import type { MeshView } from '../mesh/model/mesh-view.ts';
import type { HostPort, LocalListener, SidecarListen } from './addresses.ts';
import { openContext, type ContextParts, type SidecarContext } from './context.ts';
import { quiet } from './drained.ts';
import { openInbound, type Inbound } from './inbound/inbound-listener.ts';
import { createLocalPorts } from './inbound/local-ports.ts';
import { reportEachSecond } from './observe/report.ts';
import { createSidecarMetrics } from './observe/request-metrics.ts';
import { openOutbound, type Outbound } from './outbound/outbound.ts';

export interface SidecarOptions extends ContextParts {
  readonly listen: SidecarListen;
  /** Unique in the cluster; absent: `<service>-<random>`. */
  readonly proxy?: string;
  /** Gives up waiting for the first view. */
  readonly signal?: AbortSignal;
}

export interface Sidecar {
  readonly proxy: string;
  readonly inboundAddress: HostPort;
  readonly httpProxyAddress: HostPort;
  /** Where connections arrive that the pod's packet filter redirects. */
  readonly captureAddresses: readonly HostPort[];
  /** One per known service port; they come and go with the view. */
  listeners(): readonly LocalListener[];
  /** Whether the application can be sent requests: registers the endpoint anew. False at the start. */
  setReady(ready: boolean): void;
  /**
   * Not ready, but still serving; answers ask callers to close. Resolves when nothing inbound has been under way for
   * a while, or after the drain time. What the application itself calls goes on until stop().
   */
  drain(): Promise<void>;
  /** Ends all at once. Idempotent. */
  stop(): Promise<void>;
}

/** Resolves when every listener listens. Rejects, with nothing left open, when one cannot or `signal` aborts. */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { discovery, listen } = options;
  const view = await discovery.start(options.signal ?? new AbortController().signal);
  const context = openContext(options);
  const metrics = createSidecarMetrics(options.metrics);
  const opened: { stop(): Promise<void> }[] = [discovery];
  try {
    const outbound = await openOutbound({ context, metrics, view, listen });
    opened.push(outbound);
    const proxy = options.proxy ?? proxyName(options);
    const ports = createLocalPorts({ workload: context.workload, proxy }, view);
    const inbound = await openInbound({ context, metrics, ports, listen: listen.inbound });
    return run({ context, inbound, outbound, proxy, listen });
  } catch (cause) {
    context.ticker.stop();
    await Promise.all(opened.map((part) => part.stop()));
    throw cause;
  }
}

function run(running: Running): Sidecar {
  const { context, inbound, outbound, proxy } = running;
  const offView = context.discovery.subscribe((view) => applyView(running, view));
  context.ticker.onTick((nowMs) => {
    inbound.tick(nowMs);
    outbound.tick(nowMs);
  });
  reportEachSecond(context, { proxy, observe: (nowMs) => outbound.observe(nowMs) });
  applyView(running, context.discovery.view());
  register(running, false);
  return handleOf(running, offView);
}

interface Running {
  readonly context: SidecarContext;
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly proxy: string;
  readonly listen: SidecarListen;
}

function proxyName({ workload, random }: SidecarOptions): string {
  const { name } = splitServiceKey(workload.service);
  return `${name}-${Buffer.from(random.bytes(5)).toString('hex')}`;
}

function applyView({ inbound, outbound }: Running, view: MeshView): void {
  inbound.update(view);
  outbound.update(view);
}

function register({ context, inbound, proxy, listen }: Running, ready: boolean): void {
  const { region, zone } = context.discovery.view().self;
  const { service, serviceAccount } = context.workload;
  const { host, port } = inbound.address;
  const address = listen.inbound.advertise ?? host;
  context.discovery.register({
    ...{ kind: 'sidecar', proxy, service, serviceAccount, address, port, region, zone, ready },
  });
}

function handleOf(running: Running, offView: () => void): Sidecar {
  const { context, inbound, outbound, proxy } = running;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    offView();
    context.ticker.stop();
    await Promise.all([inbound.stop(), outbound.stop(), context.discovery.stop()]);
  };
  return {
    ...{ proxy, inboundAddress: inbound.address, httpProxyAddress: outbound.httpProxyAddress },
    captureAddresses: outbound.captureAddresses,
    listeners: () => outbound.listeners(),
    setReady: (ready) => register(running, ready),
    drain() {
      register(running, false);
      inbound.drain();
      return quiet(context, inbound.busy);
    },
    stop: () => (stopping ??= stop()),
  };
}
