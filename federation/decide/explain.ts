/** Why a service's requests go where they go: the shares of the proxies' own function, on what the proxies see. */
import { mergeObservations } from '../../mesh/decide/explain/merge-observations.ts';
import { decideShares } from '../../mesh/decide/failover/decide-shares.ts';
import { simulateDown, whatIf } from '../../mesh/decide/what-if.ts';
import type { ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type {
  ExplainReport,
  ProxyReport,
  ServiceObservation,
  SimulatedService,
} from '../../mesh/model/report.ts';
import type { EndpointGroup, ShareInput, Vantage } from '../../mesh/model/shares.ts';
import { zoneCapacities } from './own-catalog.ts';

/** The reports of one proxy over the last seconds, oldest first. */
export type ReportHistory = readonly ProxyReport[];

export interface Question {
  readonly from: ServiceKey;
  readonly service: ServiceView;
  readonly port: number;
  /** Where the callers are, when none of them has reported. */
  readonly vantage: Vantage;
  readonly histories: readonly ReportHistory[];
}

export function explain({ from, service, port, vantage, histories }: Question): ExplainReport {
  const asked = histories.filter((history) => history.at(-1)?.workload === from);
  const seen = asked.flatMap((history) => observationOf(history.at(-1), service.key) ?? []);
  const bySidecar = seen.some(({ groups }) => groups.length > 0);
  const groups = bySidecar ? mergeObservations(seen) : catalogGroups(service, port, vantage.cluster);
  const { failover: policy } = service;
  const input: ShareInput = { policy, from: vantage, groups };
  const measured = measuredShares(asked, service.key);
  return {
    ...{ from, to: service.key, port, vantage, shares: decideShares(input) },
    policy: { name: policy.name, generation: policy.generation, threshold: policy.threshold },
    seenBy: bySidecar ? 'sidecar' : 'catalog',
    ...(measured === undefined ? {} : { measured }),
    whatIf: whatIf(input),
  };
}

export function simulate(question: Question, down: readonly string[]): SimulatedService {
  const { from, to, port, shares } = explain(question);
  const groups = shares.groups.map(({ group }) => group);
  const { failover: policy } = question.service;
  const input: ShareInput = { policy, from: question.vantage, groups };
  const after = simulateDown(input, { clusters: down, regions: down });
  return { from, to, port, before: shares, after };
}

/** What the catalog tells of a service port: all that is ready counts as healthy. */
function catalogGroups(service: ServiceView, port: number, self: ClusterName): readonly EndpointGroup[] {
  const isLocal = service.ports.some((own) => own.port === port && own.remoteOnly !== true);
  const offers = service.remote.filter(({ ports }) => ports.some((offered) => offered.port === port));
  const zones = [
    ...(isLocal ? zoneCapacities(service.local) : []).map((zone) => ({ cluster: self, ...zone })),
    ...offers.flatMap((offer) => offer.zones.map((zone) => ({ cluster: offer.cluster, ...zone }))),
  ];
  return zones.map((zone) => ({ ...zone, healthy: zone.ready, ramp: 1 }));
}

function observationOf(report: ProxyReport | undefined, service: ServiceKey): ServiceObservation | undefined {
  return report?.services.find((observation) => observation.service === service);
}

/** Percent by cluster of what was sent between the oldest and the newest report held; undefined when nothing was. */
export function measuredShares(
  histories: readonly ReportHistory[],
  service: ServiceKey,
): Readonly<Record<string, number>> | undefined {
  const sent = new Map<string, number>();
  for (const history of histories) {
    const [oldest, newest] = [history.length > 1 ? history[0] : undefined, history.at(-1)];
    const before = observationOf(oldest, service)?.sent ?? {};
    for (const [cluster, count] of Object.entries(observationOf(newest, service)?.sent ?? {}))
      sent.set(cluster, (sent.get(cluster) ?? 0) + Math.max(0, count - (before[cluster] ?? 0)));
  }
  const total = [...sent.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  return Object.fromEntries([...sent].map(([cluster, count]) => [cluster, (100 * count) / total]));
}
