/** What the links of one cluster are given by their manager, and tell it. */
import type { ExchangeMetrics } from './exchange-metrics.ts';
import type { ExchangeTrust } from './exchange.ts';
import type { CatalogLog } from '../decide/catalog-log.ts';
import type { StatedInfo } from '../../mesh/model/exchange-frame.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { ExchangeDialer } from '../../mesh/ports/exchange-stream.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { Random } from '../../mesh/ports/random.ts';

export interface LinkContext {
  readonly self: ClusterName;
  readonly allowLoopback: boolean;
  readonly trust: ExchangeTrust;
  readonly dial: ExchangeDialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: ExchangeMetrics;
  catalog(): CatalogLog;
  info(): StatedInfo;
  /** What the link shows has changed. */
  onChange(): void;
  /** The same for what is not worth telling at once: a round trip. */
  onQuietChange(): void;
  /** What is to be remembered of it has changed. */
  onMemory(cluster: ClusterName): void;
  onLeft(cluster: ClusterName): void;
  isEvicted(membership: string): boolean;
  /** TLS has shown that the peer is no member any more. */
  onEvicted(cluster: ClusterName): void;
}
