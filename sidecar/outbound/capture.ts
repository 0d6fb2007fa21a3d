/** Connections of an application that knows nothing of the mesh: the pod's packet filter redirects them here. */
import type { Socket } from 'node:net';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { CaptureListen, HostPort } from '../addresses.ts';
import type { SidecarContext } from '../context.ts';
import { clustersetAddresses, routeCaptured, type ClustersetAddresses } from '../decide/captured-route.ts';
import type { SidecarMetrics } from '../observe/request-metrics.ts';
import type { Destination } from './destination.ts';
import type { Destinations } from './destinations.ts';
import type { HttpFront } from './http-front.ts';
import { listenTcp, type Listening } from './listen-tcp.ts';
import { passThrough } from './pass-through.ts';

export interface Capture {
  readonly addresses: readonly HostPort[];
  update(view: MeshView): void;
  close(): void;
}

export interface CaptureParts {
  readonly context: SidecarContext;
  readonly metrics: SidecarMetrics;
  readonly view: MeshView;
  readonly listen: CaptureListen;
  readonly front: HttpFront;
  readonly destinations: Destinations;
  serve(socket: Socket, destination: Destination): void;
}

export async function openCapture(parts: CaptureParts): Promise<Capture> {
  const { context, view, listen } = parts;
  let known = clustersetAddresses(view);
  const open: Listening[] = [];
  for (const host of listen.hosts) {
    const at = { host, port: listen.port };
    try {
      open.push(await listenTcp(context, at, (socket) => accept(parts, socket, known)));
    } catch (cause) {
      if (!NO_FAMILY.has((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
    }
  }
  return {
    addresses: open.map(({ address }) => address),
    update: (next) => void (known = clustersetAddresses(next)),
    close() {
      for (const listening of open) listening.close();
    },
  };
}

/** What listening answers where a machine has no addresses of a family. */
const NO_FAMILY: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

function accept(parts: CaptureParts, socket: Socket, known: ClustersetAddresses): void {
  const { listen, destinations, metrics, context, front } = parts;
  const place = { port: socket.localPort ?? listen.port, own: listen.own };
  const route = routeCaptured(listen.originalOf(socket), known, place);
  metrics.captured({ way: route.kind }).add();
  switch (route.kind) {
    case 'mesh': {
      const destination = destinations.find(route.to);
      if (destination === undefined) return void socket.resetAndDestroy();
      return parts.serve(socket, destination);
    }
    case 'pass':
      return passThrough(socket, route.to, front.enterStream(socket));
    case 'refuse':
      context.log.warn('captured connection refused', { code: route.reason });
      return void socket.resetAndDestroy();
  }
}
