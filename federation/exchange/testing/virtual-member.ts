/** A member of a mesh on the virtual network: the real exchange, a manual clock, trust without cryptography. */
import { createMemoryState } from '../../../mesh/adapters/files/state-folder.ts';
import { createMemoryLog, type MemoryLog } from '../../../mesh/adapters/log/memory-log.ts';
import { createSeededRandom } from '../../../mesh/adapters/random/seeded-random.ts';
import { err, ok } from '../../../mesh/kit/result.ts';
import type { EvictedMember, SignedBundle, TrustBundle } from '../../../mesh/model/bundle.ts';
import { fault } from '../../../mesh/model/fault.ts';
import type { ClusterName, MeshName } from '../../../mesh/model/names.ts';
import type { Clock } from '../../../mesh/ports/clock.ts';
import type { StateStore } from '../../../mesh/ports/state-store.ts';
import { createExchangeManager } from '../exchange-manager.ts';
import type { ExchangeManager, ExchangeTrust, Member } from '../exchange.ts';
import { catalogOf } from './catalogs.ts';
import { createCountingMetrics, type CountingMetrics } from './counting-metrics.ts';
import type { VirtualNetwork } from './virtual-network.ts';

export interface VirtualTrust extends ExchangeTrust {
  /** As the founder does: a bundle with one member more withdrawn. */
  evict(member: EvictedMember): void;
}

const SIGNATURE = 'genuine';

export function createVirtualTrust(): VirtualTrust {
  let bundle: TrustBundle = { mesh: 'acme' as MeshName, version: 1, roots: ['root'], evicted: [] };
  const listeners = new Set<() => void>();
  const take = (next: TrustBundle): void => {
    bundle = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    bundle: () => bundle,
    signedBundle: (): SignedBundle => ({ payload: JSON.stringify(bundle), signature: SIGNATURE }),
    adoptBundle({ payload, signature }) {
      if (signature !== SIGNATURE)
        return err(fault('bundle_invalid', 'trust bundle', 'is not signed by the root'));
      const next = JSON.parse(payload) as TrustBundle;
      if (next.version <= bundle.version) return ok(false);
      take(next);
      return ok(true);
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    evict: (member) => take({ ...bundle, version: bundle.version + 1, evicted: [...bundle.evicted, member] }),
  };
}

export interface VirtualMember {
  readonly cluster: ClusterName;
  readonly member: Member;
  readonly trust: VirtualTrust;
  readonly log: MemoryLog;
  readonly metrics: CountingMetrics;
  exchange(): ExchangeManager;
  offer(services: readonly string[]): void;
  /** Names of the services that it holds of a peer, in order. */
  holds(peer: ClusterName): readonly string[];
  /** Loses what is in memory; comes back with what was saved, the same offer, and no streams. */
  restart(): void;
  crash(): void;
}

export interface VirtualMemberOptions {
  readonly cluster: string;
  readonly network: VirtualNetwork;
  readonly clock: Clock;
  readonly seed: number;
  /** As TLS would prove it; default `key-of-<cluster>`. */
  readonly membership?: string;
}

export function startVirtualMember(options: VirtualMemberOptions): VirtualMember {
  const { network, clock } = options;
  const cluster = options.cluster as ClusterName;
  const random = createSeededRandom(options.seed);
  const state: StateStore = createMemoryState();
  const gateways = [{ host: '192.0.2.1', port: 15443, zone: 'eu-1' }];
  const [trust, log, metrics] = [createVirtualTrust(), createMemoryLog(), createCountingMetrics()];
  let services: readonly string[] = [];
  const boot = (): ExchangeManager => {
    const dial = network.join({ cluster, membership: options.membership ?? `key-of-${cluster}` }, (stream) =>
      manager.acceptStream(stream),
    );
    const manager = createExchangeManager({
      ...{ cluster, allowLoopback: false, trust, dial, state, clock, random, log, metrics },
    });
    manager.publish(catalogOf({ cluster, gateways, services }));
    manager.start();
    return manager;
  };
  let exchange = boot();
  const crash = (): void => {
    network.crash(cluster);
    void exchange.stop();
  };
  return {
    ...{ cluster, trust, log, metrics, crash, member: { cluster, gateways }, exchange: () => exchange },
    offer(next) {
      services = next;
      exchange.publish(catalogOf({ cluster, gateways, services }));
    },
    holds: (peer) =>
      [...(exchange.peers().get(peer)?.services.keys() ?? [])].map((key) => key.slice('shop/'.length)).sort(),
    restart() {
      crash();
      exchange = boot();
    },
  };
}
