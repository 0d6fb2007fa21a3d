/** What every part of a sidecar is given: who it is, its ports to the world, its bounds. */
import type { ServiceAccount, ServiceKey } from '../mesh/model/names.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Discovery } from '../mesh/ports/discovery.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { MeshIdentity } from '../mesh/ports/mesh-identity.ts';
import type { Metrics } from '../mesh/ports/metrics.ts';
import type { Random } from '../mesh/ports/random.ts';
import type { Tracer } from '../mesh/ports/tracing.ts';
import type { AccessLog } from './observe/access-log.ts';
import { DEFAULT_SETTINGS, type SidecarSettings } from './settings.ts';
import { SpareCredit } from './streams/spare-credit.ts';
import { startTicker, type Ticker } from './ticker.ts';

/** The application that this sidecar stands beside. */
export interface Workload {
  readonly service: ServiceKey;
  readonly serviceAccount: ServiceAccount;
  /** Where the application listens on 127.0.0.1 for a port of its service, if not on the service's targetPort. */
  readonly appPorts?: ReadonlyMap<number, number>;
  /** The same for every port that `appPorts` does not name. */
  readonly appPort?: number;
}

export interface SidecarContext {
  readonly workload: Workload;
  readonly identity: MeshIdentity;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly accessLog: AccessLog | undefined;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly settings: SidecarSettings;
  readonly ticker: Ticker;
  readonly spareCredit: SpareCredit;
}

/** What a proxy is started with of it; the rest follows. */
export type ContextParts = Omit<SidecarContext, 'settings' | 'ticker' | 'spareCredit' | 'accessLog'> & {
  /** Absent: no access log. */
  readonly accessLog?: AccessLog | undefined;
  readonly settings?: Partial<SidecarSettings>;
};

/** Its ticker runs from now on. */
export function openContext(parts: ContextParts): SidecarContext {
  const { workload, identity, discovery, clock, random, log, metrics, tracer, accessLog } = parts;
  const settings = { ...DEFAULT_SETTINGS, ...parts.settings };
  const ticker = startTicker(clock, settings.tickMs);
  return {
    ...{ workload, identity, discovery, clock, random, log, metrics, tracer, accessLog, settings, ticker },
    spareCredit: new SpareCredit(),
  };
}
