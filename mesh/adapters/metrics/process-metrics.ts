/** What Prometheus users expect of every process, read when it is asked for: no timer, no observer. */
import { readdirSync } from 'node:fs';

interface ProcessMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly read: () => number;
}

const PROCESS_METRICS: readonly ProcessMetric[] = [
  {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes',
    type: 'gauge',
    read: () => process.memoryUsage.rss(),
  },
  {
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time spent in seconds',
    type: 'counter',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  },
  {
    name: 'process_start_time_seconds',
    help: 'Start time of the process in seconds since the epoch',
    type: 'gauge',
    read: () => performance.timeOrigin / 1e3,
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    help: 'Heap in use in bytes',
    type: 'gauge',
    read: () => process.memoryUsage().heapUsed,
  },
  {
    name: 'nodejs_active_resources',
    help: 'Timers, sockets and requests that keep the event loop running',
    type: 'gauge',
    read: () => process.getActiveResourcesInfo().length,
  },
  {
    name: 'process_open_fds',
    help: 'Open file descriptors',
    type: 'gauge',
    // Linux and macOS both list them here; one of them is the list's own.
    read: () => readdirSync('/dev/fd').length - 1,
  },
];

/** Hands each to `register` in the form that prom-client's registry reads. */
export function collectProcess(register: (metric: object) => void): void {
  for (const { name, help, type, read } of PROCESS_METRICS) {
    const get = (): object => ({ name, help, type, values: [{ labels: {}, value: read() }] });
    register({ name, help, type, aggregator: 'sum', get });
  }
}
