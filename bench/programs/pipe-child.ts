/** Joins each connection to one of its own to the target, with TLS on the sides that ask for it. First says its port. */
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { SERVER_NAME } from '../names.ts';

export interface PipeInput {
  readonly target: number;
  /** PEM: mTLS with the clients. */
  readonly accept?: Side;
  /** PEM: mTLS with the target. */
  readonly dial?: Side;
}

interface Side {
  readonly chain: string;
  readonly key: string;
  readonly root: string;
}

const { target, accept, dial } = JSON.parse(process.argv[2] ?? '') as PipeInput;

function secureOptions({ chain, key, root }: Side): tls.SecureContextOptions {
  return { cert: chain, key, ca: root, minVersion: 'TLSv1.3' };
}

const dialled = dial && { ...secureOptions(dial), servername: SERVER_NAME };

function connect(): Socket {
  const to = { port: target, host: '127.0.0.1', noDelay: true };
  return dialled === undefined ? net.connect(to) : tls.connect({ ...to, ...dialled });
}

function join(client: Socket): void {
  const upstream = connect();
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
  }
}

const server =
  accept === undefined
    ? net.createServer({ noDelay: true }, join)
    : tls.createServer(
        { ...secureOptions(accept), noDelay: true, requestCert: true, rejectUnauthorized: true },
        join,
      );
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
await once(server, 'listening');
process.on('disconnect', () => process.exit());
process.send?.({ port: (server.address() as AddressInfo).port });
