/** Metrics as a port. A metric's label names are fixed when it is made; its values come from the catalog only. */
export interface MetricSpec<L extends string> {
  /** `isthmus_..._total`, `_seconds`, `_bytes`. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

export type Labels<L extends string> = Readonly<Record<L, string>>;

/** One series, bound once and then cheap: hot paths keep it. */
export interface CounterSeries {
  add(amount?: number): void;
}
export interface GaugeSeries {
  set(value: number): void;
  add(amount: number): void;
}
export interface HistogramSeries {
  observe(value: number): void;
}

export interface Metrics {
  counter<L extends string>(spec: MetricSpec<L>): (labels: Labels<L>) => CounterSeries;
  gauge<L extends string>(spec: MetricSpec<L>): (labels: Labels<L>) => GaugeSeries;
  /** `buckets`: upper bounds, ascending; +Inf is added. */
  histogram<L extends string>(
    spec: MetricSpec<L> & { readonly buckets: readonly number[] },
  ): (labels: Labels<L>) => HistogramSeries;
}
