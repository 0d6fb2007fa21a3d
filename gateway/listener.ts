/** The one port: accepts connections up to a cap and hands each to its life. */
import { createServer, type Server, type Socket } from 'node:net';
import type { ListenAddress } from '../mesh/model/cluster-config.ts';
import { fault } from '../mesh/model/fault.ts';
import { serveConnection, type ServeContext } from './serve-connection.ts';

const BACKLOG = 4096;

export interface Listener {
  readonly address: ListenAddress;
  accepted(): number;
  /** Takes no new connection any more; those accepted live on. Idempotent. */
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly context: ServeContext;
  readonly maxConnections: number;
}

/** Rejects when the address cannot be listened on. */
export async function openListener(
  listen: ListenAddress & { readonly reusePort?: boolean },
  options: ListenerOptions,
): Promise<Listener> {
  let accepted = 0;
  const server = createServer(
    {
      allowHalfOpen: true,
      noDelay: true,
    },
    (client) => {
      accepted += 1;
      admit(client, options);
    },
  );
  const address = await listening(server, listen);
  return {
    address,
    accepted: () => accepted,
    // Right after the event loop has accepted what had queued: closing resets what came since.
    close: () =>
      new Promise((resolve) => {
        setImmediate(() => {
          server.close();
          resolve();
        });
      }),
  };
}

function admit(client: Socket, { context, maxConnections }: ListenerOptions): void {
  if (context.spliced.size + context.halfOpen.size() < maxConnections) {
    void serveConnection(client, context);
    return;
  }
  const refusal = fault('connection_cap', 'gateway', `${maxConnections} connections are open`);
  context.instruments.refused(refusal.code);
  context.logRefusal(refusal, client.remoteAddress ?? '');
  client.resetAndDestroy();
}

function listening(
  server: Server,
  { host, port, reusePort = false }: ListenAddress & { readonly reusePort?: boolean },
): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, reusePort, backlog: BACKLOG }, () => {
      server.off('error', reject).on('error', () => undefined);
      const bound = server.address();
      resolve({ host, port: typeof bound === 'object' && bound ? bound.port : port });
    });
  });
}
