import type { Metric } from 'prom-client';
// The whole of prom-client costs a program 8 MB (gateway pusher, cluster support); its registry alone costs nothing that
// can be measured, and is all that is used: its own metrics hash their labels on every observation.
import PromRegistry from 'prom-client/lib/registry.js';
import type { Labels, Metrics, MetricSpec } from '../../ports/metrics.ts';
import { collectProcess } from './process-metrics.ts';
import {
  recordedCounter,
  recordedGauge,
  recordedHistogram,
  type Recorded,
  type Sample,
} from './recorded-series.ts';
import { seriesTable, type SeriesTable } from './series-table.ts';

/** Upper bounds in seconds that OpenTelemetry's HTTP conventions ask for. */
export const DURATION_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

const DEFAULT_SERIES_CAP = 5_000;
const METRIC_NAME = /^isthmus_[a-z][a-z0-9_]*$/;
const LABEL_NAME = /^(?!le$|quantile$)[a-z][a-z0-9_]*$/;

export interface PrometheusMetrics extends Metrics {
  /** The text exposition, version 0.0.4. */
  expose(): Promise<string>;
  /** Of `expose`: `text/plain; version=0.0.4; charset=utf-8`. */
  readonly contentType: string;
}

type Kind = 'counter' | 'gauge' | 'histogram';
type Spec<L extends string> = MetricSpec<L> & { readonly buckets?: readonly number[] };
type Bind<S> = (labels: Labels<string>) => S;

/**
 * One registry per program. A metric holds at most `seriesCap` series (5,000); further label values share one series
 * of `_other`, and `isthmus_metrics_overflow_total` counts it. Declaring a metric twice alike gives the same series;
 * declaring it differently, or with a name Prometheus refuses, is a mistake of the program and throws.
 */
export function createPrometheusMetrics(options: { readonly seriesCap?: number } = {}): PrometheusMetrics {
  const registry = new PromRegistry();
  const cap = options.seriesCap ?? DEFAULT_SERIES_CAP;
  const declared = new Map<string, { readonly shape: string; readonly bind: Bind<Recorded> }>();

  const declare = <S extends Recorded>(kind: Kind, spec: Spec<string>, create: () => S): Bind<S> => {
    const shape = JSON.stringify([kind, spec.labels, spec.buckets]);
    const known = declared.get(spec.name);
    if (known?.shape === shape) return known.bind as Bind<S>;
    if (known !== undefined) throw new Error(`metric ${spec.name} is declared in two ways`);
    requireValid(spec);
    const overflowed = (): void => overflow({ metric: spec.name }).add();
    const table = seriesTable({ labelNames: spec.labels, cap, create, overflowed });
    declared.set(spec.name, { shape, bind: table.bind });
    registry.registerMetric(collector(kind, spec, table));
    return table.bind;
  };
  const overflow = declare('counter', OVERFLOW, recordedCounter);
  collectProcess((metric) => registry.registerMetric(metric as unknown as Metric));

  return {
    counter: (spec) => declare('counter', spec, recordedCounter),
    gauge: (spec) => declare('gauge', spec, recordedGauge),
    histogram: (spec) => declare('histogram', spec, () => recordedHistogram(spec.buckets)),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

const OVERFLOW: MetricSpec<'metric'> = {
  name: 'isthmus_metrics_overflow_total',
  help: 'Bindings of label values that came after the cap on series and were counted under _other',
  labels: ['metric'],
};

/** What prom-client's registry calls for each exposition. */
function collector(kind: Kind, spec: Spec<string>, table: SeriesTable<Recorded>): Metric {
  const { name, help } = spec;
  const values = (): Sample[] =>
    Array.from(table.rows(), ({ series, labels }) => series.samples(name, labels)).flat();
  const metric = {
    name,
    help,
    type: kind,
    aggregator: 'sum',
    get: () => ({ name, help, type: kind, values: values() }),
  };
  return metric as unknown as Metric;
}

function requireValid(spec: Spec<string>): void {
  if (!METRIC_NAME.test(spec.name)) throw new Error(`metric name ${spec.name} is not isthmus_<snake_case>`);
  const wrong = spec.labels.find((label) => !LABEL_NAME.test(label));
  if (wrong !== undefined)
    throw new Error(`label name ${wrong} of ${spec.name} is not snake_case or is reserved`);
  const bounds = spec.buckets ?? [];
  const ascends = bounds.every((bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? -Infinity));
  if (!ascends) throw new Error(`buckets of ${spec.name} do not ascend`);
}
