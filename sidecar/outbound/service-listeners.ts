/**
 * One listener on 127.0.0.1 for each service port that the view knows; they come and go with it. One that the
 * workload asked for by name is there from the start, whether the service is known yet or not.
 */
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { ServiceKey } from '../../mesh/model/names.ts';
import type { SidecarContext } from '../context.ts';
import type { FixedUpstream, LocalListener } from '../addresses.ts';
import type { Destination } from './destination.ts';
import type { Destinations } from './destinations.ts';

const HOST = '127.0.0.1';

export interface ListenersParts {
  readonly context: SidecarContext;
  readonly destinations: Destinations;
  readonly upstreams: readonly FixedUpstream[];
  accept(socket: Socket, destination: Destination): void;
}

interface Wanted {
  readonly service: ServiceKey;
  readonly port: number;
  /** 0: any. */
  readonly localPort: number;
}

interface Open extends Wanted {
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
    const wanted = this.#wanted();
    for (const [key, { server }] of this.#open) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      server.close();
    }
    const fresh = [...wanted].filter(([key]) => !this.#open.has(key));
    await Promise.all(fresh.map(([key, one]) => this.#listen(key, one)));
  }

  list(): LocalListener[] {
    return [...this.#open.values()].flatMap(({ server, service, port }) => {
      const address = server.address() as AddressInfo | null;
      return address === null ? [] : [{ service, servicePort: port, host: HOST, port: address.port }];
    });
  }

  async stop(): Promise<void> {
    const servers = [...this.#open.values()].map(({ server }) => server);
    this.#open.clear();
    await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  }

  #wanted(): Map<string, Wanted> {
    const known = this.#parts.destinations
      .all()
      .map(({ route: { service, port } }) => ({ service, port, localPort: 0 }));
    return new Map([...known, ...this.#parts.upstreams].map((one) => [`${one.service}:${one.port}`, one]));
  }

  #listen(key: string, { service, port, localPort }: Wanted): Promise<void> {
    const { context, accept, destinations } = this.#parts;
    const server = net.createServer(
      { allowHalfOpen: true, pauseOnConnect: true, noDelay: true },
      (socket) => {
        socket.on('error', () => socket.destroy());
        const destination = destinations.find(service, port);
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
      server.listen(localPort, HOST, resolve);
    });
  }
}
