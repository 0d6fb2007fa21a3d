/**
 * Metrics: series as plain numbers that hot paths write, read by prom-client's registry when Prometheus asks.
 * A table holds the series of one metric, bounded: what comes after the cap shares one series of `_other` labels.
 */
const OTHER = '_other';

/** A label value longer than this is cut. */
const LABEL_LENGTH = 128;

export interface SeriesRow<S> {
  readonly labels: Readonly<Record<string, string>>;
  readonly series: S;
}

export interface SeriesTable<S> {
  /** The series of these label values; the same object each time. */
  bind(labels: Readonly<Record<string, string>>): S;
  rows(): Iterable<SeriesRow<S>>;
}

export interface SeriesTableOptions<S> {
  readonly labelNames: readonly string[];
  readonly cap: number;
  readonly create: () => S;
  /** Called for each binding that was given the `_other` series. */
  readonly overflowed: () => void;
}

export function seriesTable<S>(options: SeriesTableOptions<S>): SeriesTable<S> {
  const { labelNames, cap, create, overflowed } = options;
  const rows = new Map<string, SeriesRow<S>>();
  let other: SeriesRow<S> | undefined;

  const overflow = (): S => {
    overflowed();
    other ??= { labels: Object.fromEntries(labelNames.map((name) => [name, OTHER])), series: create() };
    return other.series;
  };
  return {
    bind(labels) {
      const values = labelNames.map((name) => labelValue(labels[name]));
      const key = values.map((value) => `${value.length}:${value}`).join('');
      const known = rows.get(key);
      if (known !== undefined) return known.series;
      if (rows.size >= cap) return overflow();
      const entries = labelNames.map((name, i) => [name, values[i] ?? '']);
      const row: SeriesRow<S> = {
        labels: Object.fromEntries(entries) as Record<string, string>,
        series: create(),
      };
      rows.set(key, row);
      return row.series;
    },
    *rows() {
      yield* rows.values();
      if (other !== undefined) yield other;
    },
  };
}

function labelValue(value: string | undefined): string {
  return (value ?? '').slice(0, LABEL_LENGTH).toWellFormed();
}
