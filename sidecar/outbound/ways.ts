/** The ways to all service ports that the view knows, for whichever listeners lead clients to them. */
import type { Socket } from 'node:net';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { ServiceObservation } from '../../mesh/model/report.ts';
import type { SidecarContext } from '../context.ts';
import type { SidecarMetrics } from '../observe/request-metrics.ts';
import type { Destination } from './destination.ts';
import { Destinations } from './destinations.ts';
import { createLaneDialer } from './dial-lane.ts';
import { GatewayReach } from './gateways.ts';
import { createHttpFront, type HttpFront } from './http-front.ts';
import { serveClient } from './serve-client.ts';

export interface Ways {
  readonly destinations: Destinations;
  readonly front: HttpFront;
  /** `first`: what was read of the client before. */
  serve(socket: Socket, destination: Destination, first?: Buffer): void;
  update(view: MeshView): void;
  tick(nowMs: number): void;
  observe(nowMs: number): readonly ServiceObservation[];
  stop(): void;
}

export function openWays(context: SidecarContext, metrics: SidecarMetrics, view: MeshView): Ways {
  const reach = new GatewayReach(context, () => destinations.invalidate());
  const destinations = new Destinations({ context, metrics, dialer: createLaneDialer(context, reach) }, view);
  const front = createHttpFront(context);
  return {
    ...{ destinations, front },
    serve: (socket, destination, first) =>
      serveClient({ context, front, destinations }, socket, { destination, first }),
    update: (next) => destinations.update(next),
    tick(nowMs) {
      front.tick(nowMs);
      destinations.tick(nowMs);
    },
    observe: (nowMs) => destinations.observe(nowMs),
    stop() {
      front.stop();
      reach.stop();
      destinations.stop();
    },
  };
}
