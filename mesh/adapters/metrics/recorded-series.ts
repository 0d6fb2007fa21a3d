import type { CounterSeries, GaugeSeries, HistogramSeries } from '../../ports/metrics.ts';

/** One line of the exposition: `sharedLabels` are those of the series, kept as one object so that they print once. */
export interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Recorded {
  samples(name: string, labels: Readonly<Record<string, string>>): Sample[];
}

/** Counts up only: an amount that is negative or no number is left out. A typed array, so that adding allocates nothing. */
export function recordedCounter(): CounterSeries & Recorded {
  const cell = new Float64Array(1);
  return {
    add(amount = 1) {
      if (amount > 0) cell[0] = (cell[0] ?? 0) + amount;
    },
    samples: (name, labels) => [plain(name, labels, cell[0] ?? 0)],
  };
}

export function recordedGauge(): GaugeSeries & Recorded {
  const cell = new Float64Array(1);
  return {
    set(value) {
      cell[0] = value;
    },
    add(amount) {
      cell[0] = (cell[0] ?? 0) + amount;
    },
    samples: (name, labels) => [plain(name, labels, cell[0] ?? 0)],
  };
}

/** `bounds` ascend. A value equal to a bound counts below it, as Prometheus has it (`le`); NaN is left out. */
export function recordedHistogram(bounds: readonly number[]): HistogramSeries & Recorded {
  const counts = new Float64Array(bounds.length + 1);
  const sum = new Float64Array(1);
  const upper = Float64Array.from(bounds);
  return {
    observe(value) {
      if (Number.isNaN(value)) return;
      let bucket = 0;
      while (bucket < upper.length && value > (upper[bucket] ?? 0)) bucket += 1;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      sum[0] = (sum[0] ?? 0) + value;
    },
    samples(name, labels) {
      let total = 0;
      const lines = Array.from(counts, (count, bucket): Sample => {
        total += count;
        const le = bucket < bounds.length ? String(bounds[bucket]) : '+Inf';
        return { metricName: `${name}_bucket`, labels: { le }, sharedLabels: labels, value: total };
      });
      return [...lines, plain(`${name}_sum`, labels, sum[0] ?? 0), plain(`${name}_count`, labels, total)];
    },
  };
}

function plain(metricName: string, sharedLabels: Readonly<Record<string, string>>, value: number): Sample {
  return { metricName, labels: {}, sharedLabels, value };
}
