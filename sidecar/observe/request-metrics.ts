/** The request metrics that both ends of a hop report, bound once for each series. Labels come from the view alone. */
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { CounterSeries, HistogramSeries, Labels, Metrics } from '../../mesh/ports/metrics.ts';

/** OpenTelemetry's bounds for http.server.request.duration, seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const PEERS = [
  'reporter',
  'source_cluster',
  'source_workload',
  'source_workload_namespace',
  'destination_cluster',
  'destination_service',
  'destination_service_namespace',
] as const;
const REQUEST = [...PEERS, 'response_code', 'response_flags'] as const;
const TCP = [...PEERS, 'response_flags'] as const;

/** Who speaks to whom, as labels. */
type HopLabels = Readonly<Record<(typeof PEERS)[number], string>>;

export interface HopMetrics {
  /** Status 0 (the client left) is reported as 499. */
  request(status: number, reason: ReasonCode | '', tookMs: number): void;
  connection(reason: ReasonCode | ''): void;
  readonly received: CounterSeries;
  readonly sent: CounterSeries;
}

export interface SidecarMetrics {
  /** Bind once for each hop and keep it. */
  hop(labels: HopLabels): HopMetrics;
  readonly retries: (service: ServiceLabels) => CounterSeries;
  readonly hedges: (service: ServiceLabels) => CounterSeries;
  readonly ejections: (service: ServiceLabels & { readonly destination_cluster: string }) => CounterSeries;
  readonly captured: (labels: { readonly way: string }) => CounterSeries;
  readonly refusals: (labels: { readonly reason: string }) => CounterSeries;
}

interface ServiceLabels {
  readonly destination_service: string;
  readonly destination_service_namespace: string;
}

const SERVICE = ['destination_service', 'destination_service_namespace'] as const;

export function createSidecarMetrics(metrics: Metrics): SidecarMetrics {
  const bind = hopBinder(metrics);
  const counter = (name: string, help: string) => metrics.counter({ name, help, labels: SERVICE });
  return {
    hop: bind,
    retries: counter('isthmus_retries_total', 'Requests sent again after a failed try.'),
    hedges: counter(
      'isthmus_hedges_total',
      'Requests sent elsewhere too, because their upstream fell silent.',
    ),
    ejections: metrics.counter({
      name: 'isthmus_ejections_total',
      help: 'Endpoints and gateways that were ejected after failures in a row.',
      labels: [...SERVICE, 'destination_cluster'] as const,
    }),
    captured: metrics.counter({
      name: 'isthmus_captured_connections_total',
      help: 'Connections of the application that were redirected here: to the mesh, passed on, or refused.',
      labels: ['way'] as const,
    }),
    refusals: metrics.counter({
      name: 'isthmus_refused_connections_total',
      help: 'Inbound connections, and streams of them, refused or cut, by reason.',
      labels: ['reason'] as const,
    }),
  };
}

function hopBinder(metrics: Metrics): SidecarMetrics['hop'] {
  const requests = metrics.counter({
    name: 'isthmus_requests_total',
    help: 'HTTP requests.',
    labels: REQUEST,
  });
  const durations = metrics.histogram({
    ...{ name: 'isthmus_request_duration_seconds', help: 'Time to the end of the answer.', labels: REQUEST },
    buckets: BUCKETS,
  });
  const connections = metrics.counter({
    ...{ name: 'isthmus_tcp_connections_total', help: 'TCP connections that ended.', labels: TCP },
  });
  const bytes = (name: string, help: string) => metrics.counter({ name, help, labels: PEERS });
  const received = bytes('isthmus_tcp_received_bytes_total', 'Bytes from TCP clients.');
  const sent = bytes('isthmus_tcp_sent_bytes_total', 'Bytes to TCP clients.');
  return (labels) => {
    const seriesOf = requestSeries(labels, (full) => ({ count: requests(full), duration: durations(full) }));
    return {
      request(status, reason, tookMs) {
        const { count, duration } = seriesOf(status, reason);
        count.add();
        duration.observe(tookMs / 1000);
      },
      connection: (reason) => connections({ ...labels, response_flags: reason }).add(),
      ...{ received: received(labels), sent: sent(labels) },
    };
  };
}

interface RequestSeries {
  readonly count: CounterSeries;
  readonly duration: HistogramSeries;
}

type RequestLabels = Labels<(typeof REQUEST)[number]>;

/** Each pair of status and reason is bound once. */
function requestSeries(
  labels: HopLabels,
  bind: (full: RequestLabels) => RequestSeries,
): (status: number, reason: string) => RequestSeries {
  const plain = new Map<number, RequestSeries>();
  const flagged = new Map<string, RequestSeries>();
  return (status, reason) => {
    const known = reason === '' ? plain.get(status) : flagged.get(`${status} ${reason}`);
    if (known !== undefined) return known;
    const response_code = String(status === 0 ? 499 : status);
    const bound = bind({ ...labels, response_code, response_flags: reason });
    if (reason === '') plain.set(status, bound);
    else flagged.set(`${status} ${reason}`, bound);
    return bound;
  };
}
