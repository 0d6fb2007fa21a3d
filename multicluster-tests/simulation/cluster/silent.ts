/** A log and metrics that keep nothing: what is checked is the state of the clusters, not what they write down. */
import type { Log } from '../../../mesh/ports/log.ts';
import type { Metrics } from '../../../mesh/ports/metrics.ts';

const nothing = (): void => undefined;

export const silentLog: Log = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  with: () => silentLog,
};

const series = { add: nothing, set: nothing, observe: nothing };

export const silentMetrics: Metrics = {
  counter: () => () => series,
  gauge: () => () => series,
  histogram: () => () => series,
};
