/** Both ends of a connection on loopback, and streams on it. */
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { until } from '../../testing/applications.ts';
import type { ByteStream } from '../byte-stream.ts';
import type { LinkStream } from '../link-stream.ts';
import { SpareCredit } from '../spare-credit.ts';
import { StreamLink } from '../stream-link.ts';

export interface SocketPair {
  readonly client: Socket;
  readonly server: Socket;
  end(): void;
}

export async function socketPair(): Promise<SocketPair> {
  const listener = net.createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const [server] = (await once(listener, 'connection')) as [Socket];
  listener.close();
  for (const socket of [client, server]) socket.on('error', () => socket.destroy());
  if (client.connecting) await once(client, 'connect');
  return {
    ...{ client, server },
    end() {
      client.destroy();
      server.destroy();
    },
  };
}

export interface LinkPair extends SocketPair {
  /** The end that opens streams, and the one that takes them. */
  readonly from: StreamLink;
  readonly to: StreamLink;
  /** Of the taking end. */
  readonly spare: SpareCredit;
  /** What has been opened, in turn; all paused. */
  readonly opened: LinkStream[];
  /** What either end found wrong. */
  readonly violations: string[];
  readonly closed: string[];
}

export async function linkPair(): Promise<LinkPair> {
  const sockets = await socketPair();
  const spare = new SpareCredit();
  const opened: LinkStream[] = [];
  const violations: string[] = [];
  const closed: string[] = [];
  const watch = (end: string) => ({
    violated: (what: string): void => void violations.push(`${end}: ${what}`),
    closed: (): void => void closed.push(end),
  });
  const to = new StreamLink(sockets.server, {
    ...{ spare, ...watch('to') },
    opened: (stream) => void opened.push(stream),
  });
  const from = new StreamLink(sockets.client, { spare: new SpareCredit(), ...watch('from') });
  return { ...sockets, ...{ from, to, spare, opened, violations, closed } };
}

export interface Heard {
  text(): string;
  length(): number;
  readonly events: string[];
}

/** Reads from now on. */
export function hear(stream: ByteStream): Heard {
  const chunks: Buffer[] = [];
  const events: string[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
  });
  for (const event of ['end', 'close', 'drain']) stream.on(event, () => void events.push(event));
  stream.resume();
  return { text: () => Buffer.concat(chunks).toString('latin1'), length: () => length, events };
}

/** A stream that has said `first`, and its other end. */
export async function openStream(
  { from, opened }: LinkPair,
  first = '.',
): Promise<readonly [LinkStream, LinkStream]> {
  const here = from.open();
  const at = opened.length;
  here.write(first, 'latin1');
  await until('it is open', () => opened.length > at);
  return [here, opened[at] as LinkStream];
}

export function bytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
}
