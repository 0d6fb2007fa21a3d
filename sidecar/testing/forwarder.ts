/** A plain TCP forwarder, to stand in for a gateway or to be a bad network in front of anything. */
import net from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Forwarder {
  readonly port: number;
  /** Goes on accepting, but passes nothing on in either direction: what a stopped process looks like. */
  freeze(): void;
  thaw(): void;
  /** Passes nothing more on for what is open now; new connections are not touched: what a lost path looks like. */
  stall(): void;
  /** Resets what is open. */
  cut(): void;
  /** Refuses new connections, and cuts open ones. */
  kill(): Promise<void>;
  readonly connections: () => number;
  /** Since the start. */
  readonly accepted: () => number;
  stop(): Promise<void>;
}

/** Several ports take turns. */
export async function forward(...to: readonly number[]): Promise<Forwarder> {
  const pairs = new Set<readonly [net.Socket, net.Socket]>();
  let frozen = false;
  let accepted = 0;
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const port = to[accepted++ % to.length] as number;
    const upstream = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [from, other] of [pair, [upstream, client] as const]) {
      from.on('error', () => other.destroy()).on('close', () => pairs.delete(pair));
      from.pipe(other);
      if (frozen) from.pause();
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const each = (act: (socket: net.Socket) => void): void => {
    for (const pair of pairs) pair.forEach(act);
  };
  const cut = (): void => each((socket) => socket.resetAndDestroy());
  const kill = async (): Promise<void> => {
    cut();
    if (server.listening) await new Promise((closed) => server.close(closed));
  };
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      frozen = true;
      each((socket) => socket.pause());
    },
    thaw() {
      frozen = false;
      each((socket) => socket.resume());
    },
    ...{ cut, kill, stop: kill, stall: () => each((socket) => socket.pause()) },
    ...{ connections: () => pairs.size, accepted: () => accepted },
  };
}
