/** The TCP connection below a lane. */
import net, { type Socket } from 'node:net';
import { pause } from '../../mesh/adapters/clock/pause.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { LaneSpec } from './lane.ts';

export interface ConnectOptions {
  readonly clock: Clock;
  /** For all tries together. */
  readonly timeoutMs: number;
}

/**
 * The address of a gateway may stand for several, behind a load balancer that has not heard yet of one that is dead: what is
 * refused there is tried again. At the address of an endpoint is the endpoint.
 */
const GATEWAY_TRIES = 4;
const AGAIN_MS = 10;

export async function connectTcp(
  spec: Pick<LaneSpec, 'kind' | 'host' | 'port' | 'address'>,
  { clock, timeoutMs }: ConnectOptions,
): Promise<Result<Socket, Fault>> {
  const tries = spec.kind === 'gateway' ? GATEWAY_TRIES : 1;
  const start = clock.monotonic();
  for (let tried = 1; ; tried++) {
    const connected = await connectOnce(spec, timeoutMs - (clock.monotonic() - start));
    if (connected.ok || tried >= tries || !isRefusal(connected.error)) return connected;
    await pause(clock, AGAIN_MS, new AbortController().signal);
  }
}

function isRefusal({ cause }: Fault): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
}

function connectOnce(
  { host, port, address }: Pick<LaneSpec, 'host' | 'port' | 'address'>,
  timeoutMs: number,
): Promise<Result<Socket, Fault>> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      resolve(err(fault('connect_timeout', address, `no connection within ${timeoutMs} ms`)));
    });
    // Stays: a TCP socket below TLS may still fail on its own.
    socket.on('error', (cause) => {
      socket.destroy();
      resolve(err({ ...fault('connect_failed', address, cause.message), cause }));
    });
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(ok(socket));
    });
  });
}
