/** What the story measures from the client's side. Pure: outcomes in, figures out. */
import type { Outcome } from './load.ts';

/** What happened after one stimulus at `at` (performance.now(), ms), looked at until `until`. */
export interface Effect {
  readonly requests: number;
  readonly lost: number;
  /** Of the lost requests, each once: statuses and codes of errors. */
  readonly reasons: readonly string[];
  /** From the stimulus to the end of the last lost request's wait: 0 when none was lost. */
  readonly lastFailureMs: number;
  readonly p99Ms: number;
}

/** Requests that were under way at the stimulus count too: those started up to `beforeMs` earlier and ended later. */
export function measureEffect(outcomes: readonly Outcome[], span: { at: number; until: number }): Effect {
  const touched = outcomes.filter((o) => o.at < span.until && o.at + o.tookMs >= span.at);
  const lost = touched.filter((o) => !o.ok);
  const sorted = touched.map((o) => o.tookMs).sort((a, b) => a - b);
  return {
    requests: touched.length,
    lost: lost.length,
    reasons: [...new Set(lost.map((o) => o.error))],
    lastFailureMs: Math.max(0, ...lost.map((o) => o.at + o.tookMs - span.at)),
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  };
}

/** Percent of the good answers started in the span that `cluster` served. */
export function shareOf(
  outcomes: readonly Outcome[],
  cluster: string,
  span: { at: number; until: number },
): number {
  const good = outcomes.filter((o) => o.ok && o.at >= span.at && o.at < span.until);
  if (good.length === 0) return 0;
  return (100 * good.filter((o) => o.servedBy === cluster).length) / good.length;
}

/**
 * How long a recovered cluster's share took from its first answer after `at` to `target` percent, in windows of
 * `windowMs`; undefined when it never got there.
 */
export function rampMs(
  outcomes: readonly Outcome[],
  cluster: string,
  options: { at: number; until: number; target: number; windowMs: number },
): number | undefined {
  const first = outcomes.filter((o) => o.servedBy === cluster && o.at >= options.at).map((o) => o.at);
  const start = Math.min(...first);
  for (let at = start; at + options.windowMs <= options.until; at += options.windowMs / 2) {
    const span = { at, until: at + options.windowMs };
    if (shareOf(outcomes, cluster, span) >= options.target) return at + options.windowMs / 2 - start;
  }
  return undefined;
}
