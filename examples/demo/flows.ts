/** Where each service's requests went in the last seconds, out of what the sidecars count since their start. Pure. */
import type { ProxyReport, ServiceObservation } from '../../mesh/model/report.ts';

/** The latest report of each sidecar, with its cluster. */
export type Snapshot = readonly { readonly cluster: string; readonly report: ProxyReport }[];

/** What the callers of one service in one cluster did. */
export interface Flow {
  readonly cluster: string;
  readonly caller: string;
  readonly service: string;
  /** Requests to each cluster. */
  readonly sent: Readonly<Record<string, number>>;
  readonly failed: number;
  /** Requests per second, and the latency of the slowest sidecar. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** In order of cluster, caller and service. A sidecar that was not there `before` counts from its start. */
export function flowsBetween(before: Snapshot, after: Snapshot): readonly Flow[] {
  const earlier = new Map(before.map((one) => [keyOf(one), one.report]));
  const flows = new Map<string, Flow>();
  for (const one of after) {
    for (const seen of one.report.services) {
      const flow = flowOf(one, seen, observed(earlier.get(keyOf(one)), seen.service));
      const key = `${flow.cluster} ${flow.caller} ${flow.service}`;
      flows.set(key, join(flows.get(key), flow));
    }
  }
  return [...flows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, flow]) => flow);
}

function keyOf({ cluster, report }: Snapshot[number]): string {
  return `${cluster} ${report.proxy}`;
}

function observed(report: ProxyReport | undefined, service: string): ServiceObservation | undefined {
  return report?.services.find((observation) => observation.service === service);
}

function flowOf(
  { cluster, report }: Snapshot[number],
  now: ServiceObservation,
  before: ServiceObservation | undefined,
): Flow {
  const sent = Object.entries(now.sent).map(([to, count]) => [to, count - (before?.sent[to] ?? 0)] as const);
  const { service, rate, p50Ms, p99Ms } = now;
  return {
    ...{ cluster, caller: report.workload, service, rate, p50Ms, p99Ms },
    sent: Object.fromEntries(sent.filter(([, count]) => count > 0)),
    failed: now.failed - (before?.failed ?? 0),
  };
}

function join(held: Flow | undefined, flow: Flow): Flow {
  if (held === undefined) return flow;
  const sent: Record<string, number> = { ...held.sent };
  for (const [to, count] of Object.entries(flow.sent)) sent[to] = (sent[to] ?? 0) + count;
  return {
    ...{ ...flow, sent, failed: held.failed + flow.failed, rate: held.rate + flow.rate },
    ...{ p50Ms: Math.max(held.p50Ms, flow.p50Ms), p99Ms: Math.max(held.p99Ms, flow.p99Ms) },
  };
}

/** The newest snapshot that is at least `ageMs` old, or else the oldest. Drops what is older still. */
export function pickEarlier<T extends { readonly at: number }>(
  history: readonly T[],
  { nowMs, ageMs }: { nowMs: number; ageMs: number },
): readonly T[] {
  const first = history.findLastIndex(({ at }) => nowMs - at >= ageMs);
  return history.slice(Math.max(0, first));
}
