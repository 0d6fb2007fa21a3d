/**
 * Whether gateways of other clusters can be reached at all, learned from connections that were refused below TLS. It
 * is kept apart from how services behind them fare: one bad service never rules out a gateway.
 */
import net from 'node:net';
import { probeDelayMs } from '../../mesh/decide/health/probe-schedule.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { SidecarContext } from '../context.ts';

export interface GatewayReach {
  isReachable(address: string): boolean;
  /** Tells of a failed connection; true when the gateway became unreachable by it. */
  noteFailure(host: string, port: number, fault: Fault): boolean;
  /** A connection through it came up. */
  noteSuccess(address: string): void;
  stop(): void;
}

interface Unreachable {
  readonly host: string;
  readonly port: number;
  attempt: number;
  probeAt: number;
  probe: net.Socket | undefined;
}

const REFUSALS = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EADDRNOTAVAIL']);
const MAX_TRACKED = 1024;

export function gatewayAddress(host: string, port: number): string {
  return `${host}:${port}`;
}

export function trackGateways(context: SidecarContext, changed: () => void): GatewayReach {
  const { clock, random, ticker, log } = context;
  const unreachable = new Map<string, Unreachable>();
  const recover = (address: string): void => {
    const entry = unreachable.get(address);
    if (entry === undefined) return;
    entry.probe?.destroy();
    unreachable.delete(address);
    log.info('gateway reachable again', { gateway: address });
    changed();
  };
  const delay = (attempt: number): number => clock.monotonic() + probeDelayMs(attempt, random.next());
  const probe = (address: string, entry: Unreachable): void => {
    const socket = net.connect({ host: entry.host, port: entry.port });
    entry.probe = socket;
    socket.setTimeout(context.settings.connectTimeoutMs, () => socket.destroy());
    socket.once('connect', () => recover(address));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      entry.probe = undefined;
      entry.attempt += 1;
      entry.probeAt = delay(entry.attempt);
    });
  };
  const offTick = ticker.onTick((now) => {
    for (const [address, entry] of unreachable) {
      if (entry.probe === undefined && now >= entry.probeAt) probe(address, entry);
    }
  });
  return {
    isReachable: (address) => !unreachable.has(address),
    noteSuccess: recover,
    noteFailure(host, port, { cause }) {
      const address = gatewayAddress(host, port);
      const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
      if (!REFUSALS.has(code) || unreachable.has(address) || unreachable.size >= MAX_TRACKED) return false;
      unreachable.set(address, { host, port, attempt: 0, probeAt: delay(0), probe: undefined });
      log.warn('gateway unreachable', { gateway: address, code });
      changed();
      return true;
    },
    stop() {
      offTick();
      for (const { probe: socket } of unreachable.values()) socket?.destroy();
      unreachable.clear();
    },
  };
}
