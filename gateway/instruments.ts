/** What the gateway counts. Labels come from the catalog and from fixed words only, never from the wire. */
import type { ReasonCode } from '../mesh/model/reason.ts';
import type { CounterSeries, GaugeSeries, HistogramSeries, Metrics } from '../mesh/ports/metrics.ts';

/** `served`: both ends finished; `reset`: one was cut; `drained`: closed by a drain or stop; `refused`: never spliced. */
export type Outcome = 'served' | 'reset' | 'drained' | 'refused';

/** The series of one destination service. */
interface DestinationSeries {
  readonly fromClient: CounterSeries;
  readonly toClient: CounterSeries;
  ended(outcome: Outcome): void;
}

export interface Instruments {
  readonly open: GaugeSeries;
  readonly halfOpen: GaugeSeries;
  readonly draining: GaugeSeries;
  /** Seconds from accept to a decided ClientHello. */
  readonly hello: HistogramSeries;
  refused(reason: ReasonCode): void;
  destination(service: Service): DestinationSeries;
}

interface Service {
  readonly namespace: string;
  readonly service: string;
}

const DESTINATION = ['destination_cluster', 'destination_service_namespace', 'destination_service'] as const;
const HELLO_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const OTHER: Service = { namespace: '_other', service: '_other' };

export function gatewayInstruments(metrics: Metrics, cluster: string): Instruments {
  const gauge = (name: string, help: string): GaugeSeries =>
    metrics.gauge({ name: `isthmus_gateway_${name}`, help, labels: [] })({});
  const refusals = metrics.counter({
    name: 'isthmus_gateway_refused_total',
    help: 'Connections refused, by reason code.',
    labels: ['reason'],
  });
  const destination = destinationSeries(metrics, cluster);
  return {
    open: gauge('open_connections', 'Connections spliced now.'),
    halfOpen: gauge('half_open_connections', 'Connections accepted and not yet spliced.'),
    draining: gauge('draining', '1 while the gateway drains.'),
    hello: metrics.histogram({
      name: 'isthmus_gateway_hello_seconds',
      help: 'Time from accept to a decided ClientHello.',
      labels: [],
      buckets: HELLO_BUCKETS,
    })({}),
    refused: (reason) => {
      refusals({ reason }).add();
      destination(OTHER).ended('refused');
    },
    destination,
  };
}

function destinationSeries(metrics: Metrics, cluster: string): (service: Service) => DestinationSeries {
  const connections = metrics.counter({
    name: 'isthmus_gateway_connections_total',
    help: 'Connections ended, by outcome.',
    labels: ['outcome', ...DESTINATION],
  });
  const bytes = metrics.counter({
    name: 'isthmus_gateway_bytes_total',
    help: 'Bytes passed on, as seen from the client.',
    labels: ['direction', ...DESTINATION],
  });
  const made = new Map<string, DestinationSeries>();
  return ({ namespace, service }) => {
    const key = `${namespace}/${service}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const labels = {
      destination_cluster: cluster,
      destination_service_namespace: namespace,
      destination_service: service,
    };
    const ended: Partial<Record<Outcome, CounterSeries>> = {};
    const series: DestinationSeries = {
      fromClient: bytes({ ...labels, direction: 'sent' }),
      toClient: bytes({ ...labels, direction: 'received' }),
      ended: (outcome) => (ended[outcome] ??= connections({ ...labels, outcome })).add(),
    };
    made.set(key, series);
    return series;
  };
}
