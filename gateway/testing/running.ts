/** Gateways, backends and clients on real sockets of this machine, ended with the test that started them. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { createMemoryLog, type MemoryLog } from '../../mesh/adapters/log/memory-log.ts';
import { createPrometheusMetrics } from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import type { ServiceView } from '../../mesh/model/mesh-view.ts';
import type { GatewayOptions } from '../gateway-options.ts';
import { startGateway, type Gateway } from '../gateway.ts';
import { fakeDiscovery, type FakeDiscovery } from './fake-discovery.ts';
import { SELF, sampleView } from '../decide/testing/sample-view.ts';

export interface RunningGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly discovery: FakeDiscovery;
  readonly log: MemoryLog;
  /** Sum over the series of a metric whose line contains all of `labels`. */
  metric(name: string, ...labels: readonly string[]): Promise<number>;
  exposed(): Promise<string>;
}

export async function runGateway(
  services: readonly ServiceView[],
  over: Partial<GatewayOptions> = {},
): Promise<RunningGateway> {
  const discovery = fakeDiscovery(sampleView(services));
  const log = createMemoryLog();
  const metrics = createPrometheusMetrics();
  const gateway = await startGateway({
    ...{ config: SELF, discovery, log, metrics, clock: systemClock, random: systemRandom },
    ...{ controllerTargets: () => undefined, listen: { host: '127.0.0.1', port: 0 } },
    ...{ zone: 'eu-1', name: 'gateway-1' },
    ...over,
  });
  onTestFinished(() => gateway.stop());
  const exposed = (): Promise<string> => metrics.expose();
  const metric = async (name: string, ...labels: readonly string[]): Promise<number> =>
    (await exposed())
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => labels.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  return { gateway, port: gateway.address.port, discovery, log, metric, exposed };
}

export interface Backend {
  readonly port: number;
  /** All sockets ever accepted. */
  readonly accepted: readonly Socket[];
}

/** A plain TCP server; `serve` gets each socket, whose errors are taken care of. */
export async function startBackend(serve: (socket: Socket) => void = () => undefined): Promise<Backend> {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket.on('error', () => undefined));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of accepted) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, accepted };
}

/** Ports on which nobody listens, and which the system never gives to anyone who asks for a free one. */
export const CLOSED_PORTS = [1, 2] as const;

export interface Client {
  readonly socket: Socket;
  /** All that has been received. */
  received(): Buffer;
  /** Milliseconds from now to the end of the connection. */
  readonly ended: Promise<number>;
}

/** A raw client; `from` is the loopback address it comes from. */
export async function dial(port: number, first?: Uint8Array, from = '127.0.0.1'): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => chunks.push(chunk));
  onTestFinished(() => void socket.destroy());
  const startedAt = performance.now();
  const ended = new Promise<number>((resolve) => {
    const end = (): void => resolve(performance.now() - startedAt);
    socket.once('end', end).once('close', end);
  });
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), ended]);
  if (first) socket.write(first);
  return { socket, received: () => Buffer.concat(chunks), ended };
}

/** Resolves when `isTrue`, which is asked every few milliseconds; fails with `what` after `withinMs`. */
export async function eventually(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  withinMs = 5_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
