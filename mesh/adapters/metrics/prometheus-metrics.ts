/**
 * Metrics over prom-client. Its own histograms hash their labels at every observation; here a series is bound once and
 * holds plain numbers, and prom-client formats them when Prometheus asks.
 */
import { Registry, type MetricObjectWithValues, type MetricValue } from 'prom-client';
import type {
  CounterSeries,
  GaugeSeries,
  HistogramSeries,
  Labels,
  Metrics,
  MetricSpec,
} from '../../ports/metrics.ts';

export interface PrometheusMetrics extends Metrics {
  /** The text exposition format, version 0.0.4. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/** Past this many series, a metric's new label values share one series whose labels are all `_other`. */
const MAX_SERIES = 5000;

/** OpenTelemetry's bounds for http.server.request.duration, seconds. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

type Kind = 'counter' | 'gauge' | 'histogram';
type Sample = MetricValue<string> & { metricName?: string };

export function createPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  return {
    counter: (spec) => family(registry, { kind: 'counter', spec }, () => numberSeries()),
    gauge: (spec) => family(registry, { kind: 'gauge', spec }, () => numberSeries()),
    histogram: (spec) =>
      family(registry, { kind: 'histogram', spec }, () => histogramSeries(spec.name, spec.buckets)),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

interface Stored {
  samples(labels: Record<string, string>): Sample[];
}

function family<L extends string, S extends Stored>(
  registry: Registry,
  { kind, spec }: { kind: Kind; spec: MetricSpec<L> },
  create: () => S,
): (labels: Labels<L>) => S {
  const held = new Map<string, { labels: Record<string, string>; series: S }>();
  const values = (): Sample[] => [...held.values()].flatMap(({ labels, series }) => series.samples(labels));
  registry.registerMetric({
    name: spec.name,
    get: () =>
      Promise.resolve({
        name: spec.name,
        help: spec.help,
        type: kind,
        values: values(),
        aggregator: 'sum',
      } as unknown as MetricObjectWithValues<Sample>),
  } as never);
  return (labels) => {
    const of = (source: (name: L) => string): Record<string, string> =>
      Object.fromEntries(spec.labels.map((name) => [name, source(name)]));
    const known = (wanted: Record<string, string>): S | undefined => held.get(JSON.stringify(wanted))?.series;
    let wanted = of((name) => labels[name]);
    if (known(wanted) === undefined && held.size >= MAX_SERIES) wanted = of(() => '_other');
    const found = known(wanted);
    if (found !== undefined) return found;
    const series = create();
    held.set(JSON.stringify(wanted), { labels: wanted, series });
    return series;
  };
}

function numberSeries(): Stored & CounterSeries & GaugeSeries {
  let value = 0;
  return {
    add: (amount = 1) => void (value += amount),
    set: (next) => void (value = next),
    samples: (labels) => [{ labels, value }],
  };
}

function histogramSeries(name: string, buckets: readonly number[]): Stored & HistogramSeries {
  const counts = new Float64Array(buckets.length + 1);
  let sum = 0;
  return {
    observe(value) {
      let i = 0;
      while (i < buckets.length && value > (buckets[i] ?? 0)) i++;
      counts[i] = (counts[i] ?? 0) + 1;
      sum += value;
    },
    samples(labels) {
      let count = 0;
      const samples: Sample[] = [];
      counts.forEach((added, i) => {
        count += added;
        samples.push({
          metricName: `${name}_bucket`,
          labels: { ...labels, le: buckets[i] ?? '+Inf' },
          value: count,
        });
      });
      return [
        ...samples,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    },
  };
}
