/**
 * Whether gateways of other clusters can be reached at all, learned from connections that were refused below TLS. It
 * is kept apart from how services behind them fare: one bad service never rules out a gateway.
 */
import net from 'node:net';
import { probeDelayMs } from '../../mesh/decide/health/probe-schedule.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { SidecarContext } from '../context.ts';

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

export class GatewayReach {
  readonly #context: SidecarContext;
  readonly #changed: () => void;
  readonly #unreachable = new Map<string, Unreachable>();
  readonly #offTick: () => void;

  /** `changed` is called when a gateway becomes unreachable, and when it is reachable again. */
  constructor(context: SidecarContext, changed: () => void) {
    this.#context = context;
    this.#changed = changed;
    this.#offTick = context.ticker.onTick((nowMs) => this.#tick(nowMs));
  }

  isReachable(address: string): boolean {
    return !this.#unreachable.has(address);
  }

  /** Tells of a failed connection. Only a refusal, or no way there, makes it unreachable. */
  noteFailure(host: string, port: number, { cause }: Fault): void {
    const address = gatewayAddress(host, port);
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
    if (!REFUSALS.has(code) || this.#unreachable.has(address) || this.#unreachable.size >= MAX_TRACKED)
      return;
    this.#unreachable.set(address, { host, port, attempt: 0, probeAt: this.#probeAt(0), probe: undefined });
    this.#context.log.warn('gateway unreachable', { gateway: address, code });
    this.#changed();
  }

  /** A connection to it came up. */
  noteSuccess(address: string): void {
    const entry = this.#unreachable.get(address);
    if (entry === undefined) return;
    this.#unreachable.delete(address);
    entry.probe?.destroy();
    this.#context.log.info('gateway reachable again', { gateway: address });
    this.#changed();
  }

  stop(): void {
    this.#offTick();
    for (const { probe } of this.#unreachable.values()) probe?.destroy();
    this.#unreachable.clear();
  }

  #tick(nowMs: number): void {
    for (const [address, entry] of this.#unreachable) {
      if (entry.probe === undefined && nowMs >= entry.probeAt) this.#probe(address, entry);
    }
  }

  #probe(address: string, entry: Unreachable): void {
    const socket = net.connect({ host: entry.host, port: entry.port });
    entry.probe = socket;
    socket.setTimeout(this.#context.settings.connectTimeoutMs, () => socket.destroy());
    socket.once('connect', () => this.noteSuccess(address));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      entry.probe = undefined;
      entry.attempt += 1;
      entry.probeAt = this.#probeAt(entry.attempt);
    });
  }

  #probeAt(attempt: number): number {
    const { clock, random } = this.#context;
    return clock.monotonic() + probeDelayMs(attempt, random.next());
  }
}
