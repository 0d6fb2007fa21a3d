/** What a gateway is made of: the ports it uses, where it listens, and its limits. */
import type { ListenAddress } from '../mesh/model/cluster-config.ts';
import type { ClusterName, MeshName } from '../mesh/model/names.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Discovery } from '../mesh/ports/discovery.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Metrics } from '../mesh/ports/metrics.ts';
import type { Random } from '../mesh/ports/random.ts';
import type { GatewaySettings } from './settings.ts';
import type { ControllerTargets } from './targets.ts';

export interface GatewayOptions {
  readonly config: { readonly cluster: ClusterName; readonly mesh: MeshName };
  /** Started: it has a view. The gateway registers with it and never stops it. */
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Asked for each connection, so that a controller may move. */
  readonly controllerTargets: () => ControllerTargets | undefined;
  /** `reusePort`: a successor on the same port may take over while this one drains (Linux). */
  readonly listen: ListenAddress & { readonly reusePort?: boolean };
  /** How other clusters reach it; port 0 means the one it listens on. Absent: as it listens. */
  readonly advertise?: ListenAddress;
  readonly zone: string;
  /** Unique in the cluster. */
  readonly name: string;
  readonly settings?: Partial<GatewaySettings>;
}
