/** Outbound: how the application reaches services of the mesh. An HTTP proxy, and a listener for each service port. */
import { parseHostKey } from '../../mesh/model/host-key.ts';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { ServiceObservation } from '../../mesh/model/report.ts';
import type { HostPort, LocalListener, SidecarListen } from '../addresses.ts';
import type { SidecarContext } from '../context.ts';
import type { SidecarMetrics } from '../observe/request-metrics.ts';
import { openCapture, type Capture } from './capture.ts';
import { listenTcp, type Listening } from './listen-tcp.ts';
import { proxyRoutes } from './proxy-routes.ts';
import { ServiceListeners } from './service-listeners.ts';
import { openWays, type Ways } from './ways.ts';

export interface Outbound {
  readonly httpProxyAddress: HostPort;
  /** Where captured connections arrive; empty: nothing is captured. */
  readonly captureAddresses: readonly HostPort[];
  listeners(): readonly LocalListener[];
  update(view: MeshView): void;
  tick(nowMs: number): void;
  observe(nowMs: number): readonly ServiceObservation[];
  stop(): Promise<void>;
}

export interface OutboundParts {
  readonly context: SidecarContext;
  readonly metrics: SidecarMetrics;
  readonly view: MeshView;
  readonly listen: SidecarListen;
}

const HOST = '127.0.0.1';

export async function openOutbound({ context, metrics, view, listen }: OutboundParts): Promise<Outbound> {
  const ways = openWays(context, metrics, view);
  const { destinations, front, serve } = ways;
  const listeners = new ServiceListeners({
    ...{ context, destinations, host: HOST, accept: serve },
    wanted: () => [
      ...destinations
        .known()
        // Hosts may be many, and are called by address.
        .filter(({ service }) => parseHostKey(service) === undefined)
        .map((known) => ({ ...known, localPort: 0 })),
      // One that the workload asked for by name is there from the start, whether the service is known yet or not.
      ...listen.upstreams,
    ],
  });
  const routes = proxyRoutes(destinations, serve);
  const proxy = await listenTcp(context, listen.httpProxy, (socket) =>
    front.serve(socket, { first: undefined, ...routes }),
  );
  await listeners.update();
  const parts = { context, metrics, view, front, destinations, serve };
  const capture = listen.capture && (await openCapture({ ...parts, listen: listen.capture }));
  return handleOf({ ways, listeners, proxy, capture });
}

interface Opened {
  readonly ways: Ways;
  readonly listeners: ServiceListeners;
  readonly proxy: Listening;
  readonly capture: Capture | undefined;
}

function handleOf({ ways, listeners, proxy, capture }: Opened): Outbound {
  return {
    ...{ httpProxyAddress: proxy.address, tick: ways.tick, observe: ways.observe },
    captureAddresses: capture?.addresses ?? [],
    listeners: () => listeners.list(),
    update(next) {
      ways.update(next);
      capture?.update(next);
      void listeners.update();
    },
    async stop() {
      proxy.close();
      capture?.close();
      ways.stop();
      await listeners.stop();
    },
  };
}
