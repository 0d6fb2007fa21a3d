/** What the controller is told of one service port that the workload calls: counts, rate, latency. */
import { createLatencyWindow } from './latency-histogram.ts';

export interface ServiceStats {
  /** A request or TCP connection that went to `cluster` has ended. */
  count(cluster: string, failed: boolean, at: { readonly tookMs: number; readonly nowMs: number }): void;
  read(nowMs: number): {
    readonly sent: Readonly<Record<string, number>>;
    readonly failed: number;
    readonly rate: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
  };
}

export function createServiceStats(): ServiceStats {
  const sent = new Map<string, number>();
  const latency = createLatencyWindow();
  let failures = 0;
  return {
    count(cluster, failed, { tookMs, nowMs }) {
      sent.set(cluster, (sent.get(cluster) ?? 0) + 1);
      if (failed) failures += 1;
      latency.observe(tookMs, nowMs);
    },
    read: (nowMs) => ({ sent: Object.fromEntries(sent), failed: failures, ...latency.read(nowMs) }),
  };
}
