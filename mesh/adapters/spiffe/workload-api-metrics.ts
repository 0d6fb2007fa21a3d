/** Counters of the SPIFFE Workload API. */
import type { CounterSeries, Metrics } from '../../ports/metrics.ts';

export interface WorkloadApiCounters {
  readonly pushed: CounterSeries;
  readonly refused: CounterSeries;
}

export function createWorkloadApiCounters(metrics: Metrics): WorkloadApiCounters {
  const count = metrics.counter({
    name: 'isthmus_workload_api_messages_total',
    help: 'SPIFFE Workload API: messages sent to the application, and calls refused.',
    labels: ['outcome'],
  });
  return { pushed: count({ outcome: 'sent' }), refused: count({ outcome: 'refused' }) };
}
