/** Outbound: how the application reaches services of the mesh. An HTTP proxy, and a listener for each service port. */
import type { Socket } from 'node:net';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { ServiceObservation } from '../../mesh/model/report.ts';
import type { HostPort, LocalListener, SidecarListen } from '../addresses.ts';
import type { SidecarContext } from '../context.ts';
import type { SidecarMetrics } from '../observe/request-metrics.ts';
import { openCapture, type Capture } from './capture.ts';
import type { Destination } from './destination.ts';
import { Destinations } from './destinations.ts';
import { createLaneDialer } from './dial-lane.ts';
import { GatewayReach } from './gateways.ts';
import { createHttpFront, type HttpFront } from './http-front.ts';
import { listenTcp, type Listening } from './listen-tcp.ts';
import { proxyRoutes } from './proxy-routes.ts';
import { serveClient } from './serve-client.ts';
import { ServiceListeners } from './service-listeners.ts';

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

export async function openOutbound({ context, metrics, view, listen }: OutboundParts): Promise<Outbound> {
  const reach = new GatewayReach(context, () => destinations.invalidate());
  const destinations = new Destinations({ context, metrics, dialer: createLaneDialer(context, reach) }, view);
  const front = createHttpFront(context);
  const serve = (socket: Socket, destination: Destination, first?: Buffer): void => {
    serveClient({ context, front, destinations }, socket, { destination, first });
  };
  const listeners = new ServiceListeners({
    context,
    destinations,
    upstreams: listen.upstreams,
    accept: serve,
  });
  const routes = proxyRoutes(destinations, serve);
  const proxy = await listenTcp(context, listen.httpProxy, (socket) =>
    front.serve(socket, { first: undefined, ...routes }),
  );
  await listeners.update();
  const parts = { context, metrics, view, front, destinations, serve };
  const capture = listen.capture && (await openCapture({ ...parts, listen: listen.capture }));
  return handleOf({ reach, destinations, front, listeners, proxy, capture });
}

interface Opened {
  readonly reach: GatewayReach;
  readonly destinations: Destinations;
  readonly front: HttpFront;
  readonly listeners: ServiceListeners;
  readonly proxy: Listening;
  readonly capture: Capture | undefined;
}

function handleOf({ reach, destinations, front, listeners, proxy, capture }: Opened): Outbound {
  return {
    httpProxyAddress: proxy.address,
    captureAddresses: capture?.addresses ?? [],
    listeners: () => listeners.list(),
    update(next) {
      destinations.update(next);
      capture?.update(next);
      void listeners.update();
    },
    tick(nowMs) {
      front.tick(nowMs);
      destinations.tick(nowMs);
    },
    observe: (nowMs) => destinations.observe(nowMs),
    async stop() {
      proxy.close();
      capture?.close();
      front.stop();
      reach.stop();
      destinations.stop();
      await listeners.stop();
    },
  };
}
