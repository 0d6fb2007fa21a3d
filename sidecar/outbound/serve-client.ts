/** A client of one service port: its protocol is the port's, or told by its first bytes. */
import type { Socket } from 'node:net';
import type { SidecarContext } from '../context.ts';
import { detectProtocol } from '../decide/detect-protocol.ts';
import { listenerRoute } from './proxy-routes.ts';
import type { Destination } from './destination.ts';
import type { Destinations } from './destinations.ts';
import type { HttpFront } from './http-front.ts';
import { streamTcp } from './tcp-stream.ts';

export interface ClientParts {
  readonly context: SidecarContext;
  readonly front: HttpFront;
  readonly destinations: Destinations;
}

/** What was read of it before; the socket is paused, allows half-open and has an `error` listener. */
export function serveClient(parts: ClientParts, socket: Socket, start: Start): void {
  const { destination, first } = start;
  switch (destination.route.appProtocol) {
    case 'http':
      return serveHttp(parts, socket, { destination, first });
    case 'tcp':
      return serveTcp(parts, socket, { destination, first });
    default:
      return detect(parts, socket, { destination, first });
  }
}

interface Start {
  readonly destination: Destination;
  readonly first: Buffer | undefined;
}

function serveHttp(
  { front, destinations }: ClientParts,
  socket: Socket,
  { destination, first }: Start,
): void {
  front.serve(socket, { first, route: listenerRoute(destinations, destination) });
}

function serveTcp({ context, front }: ClientParts, socket: Socket, { destination, first }: Start): void {
  const leave = front.enterStream(socket);
  streamTcp(context, socket, { destination, first, ended: leave });
}

function detect(parts: ClientParts, socket: Socket, { destination, first }: Start): void {
  const { clock, settings } = parts.context;
  const leave = parts.front.enterStream(socket);
  let held = first ?? Buffer.alloc(0);
  const settle = (protocol: 'http' | 'tcp'): void => {
    cancel();
    leave();
    socket.off('data', onData);
    socket.off('close', onClose);
    socket.off('end', onEnd);
    socket.pause();
    const start = { destination, first: held.length === 0 ? undefined : held };
    if (protocol === 'http') serveHttp(parts, socket, start);
    else serveTcp(parts, socket, start);
  };
  const decide = (): void => {
    const found = detectProtocol(held);
    if (found !== 'need-more') settle(found);
  };
  const onData = (chunk: Buffer): void => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    decide();
  };
  const onEnd = (): void => settle('tcp');
  const cancel = clock.after(settings.detectTimeoutMs, () => settle('tcp'));
  const onClose = (): void => {
    cancel();
    leave();
  };
  socket.once('close', onClose);
  socket.once('end', onEnd);
  socket.on('data', onData);
  socket.resume();
  if (held.length > 0) decide();
}
