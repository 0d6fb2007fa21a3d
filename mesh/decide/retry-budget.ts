/**
 * The retry budget: retries and hedges may add 20 % to the requests of the last 10 s, and never less than 10 a second.
 * Over 10 s, so that it covers a burst when a whole cluster falls silent, yet bounds the load on what is left.
 * A ring of one-second cells, changed in place: it is on the path of every request.
 */
const SECONDS = 10;
const PERCENT = 20;
const FLOOR_PER_SECOND = 10;

export interface RetryBudget {
  readonly requests: Float64Array;
  readonly retries: Float64Array;
  /** The second (monotonic) that the newest cell stands for. */
  second: number;
}

export function createRetryBudget(): RetryBudget {
  return { requests: new Float64Array(SECONDS), retries: new Float64Array(SECONDS), second: 0 };
}

export function countRequest(budget: RetryBudget, nowMs: number): void {
  const cell = turnTo(budget, nowMs);
  budget.requests[cell] = (budget.requests[cell] ?? 0) + 1;
}

/** Takes one retry out of the budget; false when it is spent. */
export function tryRetry(budget: RetryBudget, nowMs: number): boolean {
  const cell = turnTo(budget, nowMs);
  if (sum(budget.retries) + 1 > allowance(budget)) return false;
  budget.retries[cell] = (budget.retries[cell] ?? 0) + 1;
  return true;
}

function allowance(budget: RetryBudget): number {
  return Math.max((sum(budget.requests) * PERCENT) / 100, FLOOR_PER_SECOND * SECONDS);
}

function turnTo(budget: RetryBudget, nowMs: number): number {
  const second = Math.floor(nowMs / 1000);
  for (let passed = Math.max(budget.second + 1, second - SECONDS + 1); passed <= second; passed++) {
    budget.requests[passed % SECONDS] = 0;
    budget.retries[passed % SECONDS] = 0;
  }
  budget.second = Math.max(budget.second, second);
  return budget.second % SECONDS;
}

function sum(cells: Float64Array): number {
  let total = 0;
  for (const cell of cells) total += cell;
  return total;
}
