/**
 * The east-west gateway: takes connections from other clusters on one port, reads the server name of the TLS
 * ClientHello, and splices the bytes, still encrypted, to a local endpoint of the exported service it names. It never
 * holds a workload's key. Everything that is not an exported service of this cluster is refused.
 */
import type { ListenAddress } from '../mesh/model/cluster-config.ts';
import { drainGateway } from './drain.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { openListener } from './listener.ts';
import { buildServing } from './serving.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

export interface GatewayStats {
  readonly open: number;
  readonly halfOpen: number;
  readonly accepted: number;
  readonly draining: boolean;
}

export interface Gateway {
  readonly address: ListenAddress;
  /**
   * Stops advertising, goes on accepting for a while, stops listening, waits for connections to end, closes the rest
   * spread over time. Resolves when no connection is left; calling it again joins the drain under way.
   */
  drain(): Promise<void>;
  /** Closes everything now. Idempotent; also ends a drain. */
  stop(): Promise<void>;
  stats(): GatewayStats;
}

/** Resolves when it listens and has registered; rejects when it cannot listen. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const serving = buildServing(options, settings);
  const { context } = serving;
  const listener = await openListener(options.listen, { ...settings, context }).catch((cause: unknown) => {
    serving.stop();
    throw cause;
  });
  const advertise = advertiser(options, listener.address);
  const stopped = new AbortController();
  let draining: Promise<void> | undefined;
  advertise(true);
  return {
    address: listener.address,
    drain: () =>
      (draining ??= drainGateway({
        ...{ clock: options.clock, random: options.random, log: options.log },
        ...{ settings: settings.drain, context, listener, signal: stopped.signal },
        stopAdvertising: () => advertise(false),
      })),
    stop: async () => {
      if (!stopped.signal.aborted && !draining) advertise(false);
      stopped.abort();
      await listener.close();
      serving.stop();
      await draining;
    },
    stats: () => ({
      open: context.spliced.size,
      halfOpen: context.halfOpen.size(),
      accepted: listener.accepted(),
      draining: draining !== undefined,
    }),
  };
}

/** Registers this gateway as ready to take connections, or not. */
function advertiser(options: GatewayOptions, bound: ListenAddress): (ready: boolean) => void {
  const { host, port } = options.advertise ?? options.listen;
  const address = { host, port: port === 0 ? bound.port : port, zone: options.zone };
  options.log.info('gateway listening', { listen: bound, advertise: address });
  return (ready) => options.discovery.register({ kind: 'gateway', proxy: options.name, address, ready });
}
