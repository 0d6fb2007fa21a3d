/** Answers datagrams, each by itself. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { respond } from './respond.ts';
import type { Listener, ServerOptions } from './server-options.ts';

/** Replies that the kernel has not taken yet: behind so many, queries are dropped, and are asked again. */
const MAX_SENDING = 1000;

/** Rejects when it cannot listen. */
export async function startUdpServer({
  host,
  port,
  zone,
  instruments,
  log,
}: ServerOptions): Promise<Listener> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let sending = 0;
  socket.on('message', (message, from) => {
    if (sending >= MAX_SENDING) return instruments.dropped('udp', 'busy');
    // Nothing can be sent there; only who forges packets comes from it.
    if (from.port === 0) return instruments.dropped('udp', 'forged');
    const response = respond(zone, message, 'udp');
    if (response.kind === 'silence') return instruments.dropped('udp', response.reason);
    instruments.answered('udp', response.rcode);
    sending += 1;
    // A reply that could not be sent is asked for again.
    socket.send(response.bytes, from.port, from.address, () => {
      sending -= 1;
    });
  });
  socket.bind({ address: host, port });
  await once(socket, 'listening');
  socket.on('error', (cause) => log.warn('the socket of DNS failed', { cause }));
  return {
    port: socket.address().port,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
