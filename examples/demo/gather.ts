/** Gathers what the demo shows: status, reports and events of the clusters, and what the load measured. */
import type { AdminClient } from '../../mesh/adapters/admin/admin-client.ts';
import type { MeshEvent, StatusReport } from '../../mesh/model/report.ts';
import { flowsBetween, pickEarlier, type Flow, type Snapshot } from './flows.ts';
import { percentileMs, type Load } from './load.ts';

export interface Picture {
  /** As the first cluster sees it that answers. */
  readonly status: StatusReport | undefined;
  readonly flows: readonly Flow[];
  readonly events: readonly MeshEvent[];
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the requests of the last minutes, how many got no good answer. */
  readonly failed: number;
  readonly requests: number;
}

const WINDOW_MS = 2000;
const EVENTS = 6;

/** A cluster and its controller. */
export interface Controller {
  readonly cluster: string;
  readonly client: AdminClient;
}

/**
 * Answers the way to look: each look tells where requests went since about two seconds before. `controllers` answers
 * those that can be asked at the time.
 */
export function watchMesh(controllers: () => readonly Controller[], load: Load): () => Promise<Picture> {
  let history: readonly { readonly at: number; readonly snapshot: Snapshot }[] = [];
  return async () => {
    const answering = controllers();
    const snapshot = (await Promise.all(answering.map(readReports))).flat();
    const nowMs = performance.now();
    history = [...pickEarlier(history, { nowMs, ageMs: WINDOW_MS }), { at: nowMs, snapshot }];
    const flows = flowsBetween(history[0]?.snapshot ?? [], snapshot);
    return { ...(await readFirst(answering)), flows, ...measure(load) };
  };
}

async function readReports({ cluster, client }: Controller): Promise<Snapshot> {
  const reports = await client.reports();
  return reports.ok ? reports.value.map((report) => ({ cluster, report })) : [];
}

async function readFirst(answering: readonly Controller[]): Promise<Pick<Picture, 'status' | 'events'>> {
  for (const { client } of answering) {
    const [status, events] = await Promise.all([client.status(), client.events()]);
    if (status.ok) return { status: status.value, events: events.ok ? events.value.slice(-EVENTS) : [] };
  }
  return { status: undefined, events: [] };
}

function measure(load: Load): Pick<Picture, 'rate' | 'p50Ms' | 'p99Ms' | 'failed' | 'requests'> {
  const all = load.outcomes(0);
  const since = performance.now() - WINDOW_MS;
  const recent = all.filter(({ at, tookMs }) => at + tookMs >= since);
  return {
    rate: (recent.length * 1000) / WINDOW_MS,
    ...{ p50Ms: percentileMs(recent, 50), p99Ms: percentileMs(recent, 99) },
    ...{ failed: all.filter(({ ok }) => !ok).length, requests: all.length },
  };
}
