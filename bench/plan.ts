/** How long everything takes: the whole in twelve minutes, or a look at it in one. */
export interface Plan {
  readonly rounds: number;
  /** Load on each contender before the first round, so that all are compiled, and caches and pools are full. */
  readonly warmSeconds: number;
  readonly bulkMs: number;
  readonly churnMs: number;
  readonly peakSeconds: number;
  readonly openLoopMs: number;
  /** Connections after which, and up to which, the growth of memory is taken. */
  readonly idle: { readonly few: number; readonly connections: number };
  /** How many of the rounds measure memory: it hardly varies. */
  readonly idleRounds: number;
}

export const FULL: Plan = {
  ...{ rounds: 5, warmSeconds: 3, bulkMs: 2_000, churnMs: 2_500, peakSeconds: 3, openLoopMs: 3_000 },
  ...{ idle: { few: 500, connections: 3_000 }, idleRounds: 2 },
};

export const QUICK: Plan = {
  ...{ rounds: 1, warmSeconds: 1, bulkMs: 500, churnMs: 500, peakSeconds: 1, openLoopMs: 400 },
  ...{ idle: { few: 200, connections: 1_200 }, idleRounds: 1 },
};

/** Requests per second, the same for all contenders: well below what the slowest one can do. */
export const FIXED_RATES = { hop: 4_000, pair: 1_500, path: 1_000 } as const;
