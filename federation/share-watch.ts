/** Tells when a service's requests begin to go elsewhere, as the reports of the sidecars show it. */
import { decideShares } from '../mesh/decide/failover/decide-shares.ts';
import type { ServiceView } from '../mesh/model/mesh-view.ts';
import type { ServiceKey } from '../mesh/model/names.ts';
import type { ProxyReport } from '../mesh/model/report.ts';
import type { Vantage } from '../mesh/model/shares.ts';
import { shareEvent, sharesByCluster, type ClusterShares } from './decide/events.ts';

export interface ShareWatch {
  see(report: ProxyReport, from: Vantage): void;
}

const MAX_ROUTES = 5000;

export function watchShares(
  services: () => ReadonlyMap<ServiceKey, ServiceView>,
  tell: (event: string) => void,
): ShareWatch {
  const told = new Map<string, ClusterShares>();
  return {
    see({ workload, services: observed }, from) {
      for (const { service: to, groups } of observed) {
        const policy = services().get(to)?.failover;
        if (policy === undefined) continue;
        const route = `${workload} ${to}`;
        const now = sharesByCluster(decideShares({ policy, from, groups }));
        const event = shareEvent({ from: workload, to }, told.get(route), now);
        if (event === undefined || (told.size >= MAX_ROUTES && !told.has(route))) continue;
        told.set(route, now);
        tell(event);
      }
    },
  };
}
