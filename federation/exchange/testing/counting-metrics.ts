/** Metrics that tests can read. */
import type { Metrics } from '../../../mesh/ports/metrics.ts';

export interface CountingMetrics extends Metrics {
  /** Sum over the series of a metric whose labels include these. */
  total(name: string, labels?: Readonly<Record<string, string>>): number;
}

export function createCountingMetrics(): CountingMetrics {
  const series = new Map<string, { name: string; labels: Readonly<Record<string, string>>; value: number }>();
  const at = (name: string, labels: Readonly<Record<string, string>>): { value: number } => {
    const key = name + JSON.stringify(labels);
    const held = series.get(key) ?? { name, labels, value: 0 };
    series.set(key, held);
    return held;
  };
  return {
    counter:
      ({ name }) =>
      (labels) => ({ add: (amount = 1) => void (at(name, labels).value += amount) }),
    gauge:
      ({ name }) =>
      (labels) => ({
        set: (value) => void (at(name, labels).value = value),
        add: (amount) => void (at(name, labels).value += amount),
      }),
    histogram:
      ({ name }) =>
      (labels) => ({ observe: () => void at(name, labels).value++ }),
    total: (name, labels = {}) =>
      [...series.values()]
        .filter((one) => one.name === name)
        .filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))
        .reduce((sum, { value }) => sum + value, 0),
  };
}
