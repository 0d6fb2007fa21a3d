/** The HTTP clients and exchanges of one listener: their deadlines, and their end. */
import { SlotList } from '../../mesh/kit/slot-list.ts';
import type { Exchange } from './exchange.ts';
import type { HttpServerConnection, ServerTimes } from './server-connection.ts';

/** Idle clients are looked at this rarely. */
const SWEEP_MS = 500;

export class ConnectionSet {
  readonly #clients = new SlotList<HttpServerConnection>();
  readonly #exchanges = new SlotList<Exchange>();
  readonly #times: ServerTimes;
  #sweptAt = 0;

  constructor(times: ServerTimes) {
    this.#times = times;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get exchanges(): number {
    return this.#exchanges.size;
  }

  /** Clients whose answers have not all left. */
  unsent(): number {
    return this.#clients.items().filter(({ isUnsent }) => isUnsent).length;
  }

  addClient(client: HttpServerConnection): void {
    this.#clients.add(client);
  }

  removeClient(client: HttpServerConnection): void {
    this.#clients.remove(client);
  }

  addExchange(exchange: Exchange): void {
    this.#exchanges.add(exchange);
  }

  removeExchange(exchange: Exchange): void {
    this.#exchanges.remove(exchange);
  }

  tick(nowMs: number): void {
    for (const exchange of this.#exchanges.items()) exchange.tick(nowMs);
    if (nowMs - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = nowMs;
    for (const client of this.#clients.items()) client.tick(nowMs, this.#times);
  }

  stop(): void {
    for (const client of this.#clients.items()) client.close();
  }
}
