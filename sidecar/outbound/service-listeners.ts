/** One listener for each service port that is wanted; they come and go with the view. */
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { SidecarContext } from '../context.ts';
import type { FixedUpstream, LocalListener } from '../addresses.ts';
import type { Destination } from './destination.ts';
import type { Destinations } from './destinations.ts';

export interface ListenersParts {
  readonly context: SidecarContext;
  readonly destinations: Destinations;
  readonly host: string;
  /** Now. Of two for one service port the later counts; a local port of 0: any. */
  wanted(): readonly FixedUpstream[];
  accept(socket: Socket, destination: Destination): void;
}

interface Open extends FixedUpstream {
  readonly server: net.Server;
}

export class ServiceListeners {
  readonly #parts: ListenersParts;
  readonly #open = new Map<string, Open>();

  constructor(parts: ListenersParts) {
    this.#parts = parts;
  }

  /** Resolves when every listener that is new listens, or has failed to. */
  async update(): Promise<void> {
    const wanted = new Map(this.#parts.wanted().map((one) => [`${one.service}:${one.port}`, one]));
    for (const [key, { server, localPort }] of this.#open) {
      if (wanted.get(key)?.localPort === localPort) continue;
      this.#open.delete(key);
      server.close();
    }
    const fresh = [...wanted].filter(([key]) => !this.#open.has(key));
    await Promise.all(fresh.map(([key, one]) => this.#listen(key, one)));
  }

  list(): LocalListener[] {
    return [...this.#open.values()].flatMap(({ server, service, port }) => {
      const address = server.address() as AddressInfo | null;
      return address === null
        ? []
        : [{ service, servicePort: port, host: this.#parts.host, port: address.port }];
    });
  }

  async stop(): Promise<void> {
    const servers = [...this.#open.values()].map(({ server }) => server);
    this.#open.clear();
    await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  }

  #listen(key: string, { service, port, localPort }: FixedUpstream): Promise<void> {
    const { context, accept, destinations, host } = this.#parts;
    const server = net.createServer(
      { allowHalfOpen: true, pauseOnConnect: true, noDelay: true },
      (socket) => {
        socket.on('error', () => socket.destroy());
        const destination = destinations.find({ service, port });
        if (destination === undefined) socket.destroy();
        else accept(socket, destination);
      },
    );
    server.maxConnections = context.settings.maxClients;
    this.#open.set(key, { server, service, port, localPort });
    return new Promise((resolve) => {
      server.once('error', (cause) => {
        context.log.error('cannot listen for a service', { service, port, localPort, detail: cause.message });
        this.#open.delete(key);
        resolve();
      });
      server.listen(localPort, host, resolve);
    });
  }
}
