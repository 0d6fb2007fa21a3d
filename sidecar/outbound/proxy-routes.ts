/** Which service a request goes to: the one that its Host names, or the one whose listener it came to. */
import type { Socket } from 'node:net';
import { parseHostKey } from '../../mesh/model/host-key.ts';
import type { RequestHead } from '../decide/http1/head.ts';
import { parseServiceHost, serviceHost } from '../decide/host-route.ts';
import { withoutReserved } from '../decide/own-headers.ts';
import type { HttpServerConnection } from '../http/server-connection.ts';
import type { Destination } from './destination.ts';
import type { Destinations } from './destinations.ts';
import type { HttpClientStart } from './http-front.ts';

type Serve = (socket: Socket, destination: Destination, first?: Buffer) => void;

/** For the HTTP proxy listener. */
export function proxyRoutes(
  destinations: Destinations,
  serve: Serve,
): Pick<HttpClientStart, 'route' | 'connect'> {
  const find = (head: RequestHead): Destination | undefined => {
    const named = parseServiceHost(head.host);
    return named === undefined ? undefined : destinations.find(named);
  };
  return {
    route(head) {
      const destination = find(head);
      if (destination === undefined) return { status: 502, reason: 'service_unknown' };
      return { destination, request: withoutReserved(head) };
    },
    connect(client, head, socket) {
      const destination = find(head);
      if (destination !== undefined && tunnel(client, socket)) serve(socket, destination);
      if (destination === undefined) client.refuse(502, 'service_unknown');
      return destination !== undefined;
    },
  };
}

/** Answers a CONNECT. What the client sent before the answer is refused (S9): then false. */
function tunnel(client: HttpServerConnection, socket: Socket): boolean {
  const { rest } = client.detach();
  if (rest.length > 0) socket.destroy();
  else socket.write('HTTP/1.1 200 OK\r\n\r\n');
  return rest.length === 0;
}

/**
 * For connections to one service port. The Host there is often the listener's own address: it is replaced by the
 * service's name. One that names another service of the mesh is a mistake or an attempt (S7). A pod of a headless service
 * is called at its address by many names, that of the service among them, and the address says which pod is meant.
 */
export function listenerRoute(
  destinations: Destinations,
  { route: called }: Destination,
): HttpClientStart['route'] {
  const { service, port } = called;
  const host = serviceHost(called);
  const isPod = parseHostKey(service) !== undefined;
  // A client names the same Host in all of its requests: it is looked at once.
  let accepted: string | undefined;
  return (head) => {
    if (!isPod && head.host !== accepted) {
      const named = parseServiceHost(head.host);
      if (named !== undefined && (named.service !== service || named.port !== port)) {
        return { status: 421, reason: 'misdirected' };
      }
      accepted = head.host;
    }
    // Looked up for each request: since the client connected the service may have gone and come back, and what it called
    // may be nobody's address any more.
    const destination = destinations.find(called);
    if (destination === undefined) return { status: 503, reason: 'no_endpoint' };
    return { destination, request: { ...withoutReserved(head), host } };
  };
}
