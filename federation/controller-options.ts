/** What a controller is made of: its folder, its configuration, and its ports to the world. */
import type { PrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Random } from '../mesh/ports/random.ts';

export interface ControllerOptions {
  /** The cluster's folder. */
  readonly dir: string;
  readonly config: ClusterConfig;
  /** Of Isthmus. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: PrometheusMetrics;
}
