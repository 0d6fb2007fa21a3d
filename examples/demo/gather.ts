/** Gathers what the demo shows: status, reports and events of the clusters, and what the load measured. */
import type { MeshEvent, ProxyReport, StatusReport } from '../../mesh/model/report.ts';
import { percentileMs, type Load } from './load.ts';
import { admin, type DemoMesh } from './mesh.ts';

export interface Picture {
  readonly status: StatusReport | undefined;
  /** Requests since start, by `<from cluster> <service>`, to each cluster. */
  readonly flows: readonly {
    readonly from: string;
    readonly service: string;
    readonly sent: Readonly<Record<string, number>>;
  }[];
  readonly events: readonly MeshEvent[];
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const WINDOW_MS = 2000;

export async function readPicture(mesh: DemoMesh, load: Load): Promise<Picture> {
  const east = admin(mesh.east);
  const [status, events] = await Promise.all([east.status(), east.events()]);
  const reports = await Promise.all(
    mesh.all.map((cluster) => readReports(cluster.site.name, () => admin(cluster).reports())),
  );
  const recent = load.outcomes(performance.now() - WINDOW_MS);
  return {
    ...{ status: status.ok ? status.value : undefined, events: events.ok ? events.value.slice(-6) : [] },
    ...{ flows: reports.flat(), rate: (recent.length * 1000) / WINDOW_MS },
    ...{
      p50Ms: percentileMs(recent, 50),
      p99Ms: percentileMs(recent, 99),
      failed: load.outcomes(0).filter(({ ok }) => !ok).length,
    },
  };
}

/** A cluster that is down reports nothing. */
async function readReports(
  from: string,
  ask: () => Promise<{ ok: true; value: readonly ProxyReport[] } | { ok: false }>,
): Promise<Picture['flows']> {
  const answer = await ask().catch(() => ({ ok: false }) as const);
  if (!answer.ok) return [];
  return answer.value.flatMap((report) =>
    report.services.map(({ service, sent }) => ({ from, service, sent })),
  );
}
