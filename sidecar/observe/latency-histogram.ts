/** Latency percentiles over the last seconds, at a fixed cost: logarithmic buckets, one row a second. */

/** Each bucket is 12 % wider than the one before: 0.1 ms to 120 s in 124 of them. */
const GROWTH = Math.log(1.12);
const FIRST_MS = 0.1;
const BUCKETS = 124;
const ROWS = 10;

export interface LatencyWindow {
  observe(tookMs: number, nowMs: number): void;
  /** Over the last ten full or begun seconds. */
  read(nowMs: number): { readonly rate: number; readonly p50Ms: number; readonly p99Ms: number };
}

export function createLatencyWindow(): LatencyWindow {
  const counts = new Uint32Array(BUCKETS * ROWS);
  let second = -1;
  const moveTo = (nowMs: number): number => {
    const current = Math.floor(nowMs / 1000);
    if (current > second) {
      for (let at = Math.max(second + 1, current - ROWS + 1); at <= current; at++) {
        const row = (at % ROWS) * BUCKETS;
        counts.fill(0, row, row + BUCKETS);
      }
      second = current;
    }
    return (current % ROWS) * BUCKETS;
  };
  return {
    observe(tookMs, nowMs) {
      const index = moveTo(nowMs) + bucketOf(tookMs);
      counts[index] = (counts[index] ?? 0) + 1;
    },
    read(nowMs) {
      moveTo(nowMs);
      const sums = sumRows(counts);
      const total = sums.reduce((a, b) => a + b, 0);
      // The current second has only begun: it counts for the part of it that has passed.
      const spanSeconds = ROWS - 1 + (nowMs % 1000) / 1000;
      return {
        rate: total / spanSeconds,
        p50Ms: percentile(sums, total, 0.5),
        p99Ms: percentile(sums, total, 0.99),
      };
    },
  };
}

function bucketOf(tookMs: number): number {
  if (tookMs <= FIRST_MS) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log(tookMs / FIRST_MS) / GROWTH));
}

function sumRows(counts: Uint32Array): number[] {
  return Array.from({ length: BUCKETS }, (_, bucket) => {
    let sum = 0;
    for (let row = 0; row < ROWS; row++) sum += counts[row * BUCKETS + bucket] ?? 0;
    return sum;
  });
}

/** The upper bound of the bucket in which the fraction is reached; 0 when nothing was observed. */
function percentile(sums: readonly number[], total: number, fraction: number): number {
  let seen = 0;
  for (let bucket = 0; bucket < sums.length && total > 0; bucket++) {
    seen += sums[bucket] ?? 0;
    if (seen >= total * fraction) return round(FIRST_MS * Math.exp(GROWTH * (bucket + 1)));
  }
  return 0;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
