/** Time as a port: adapters give the real one, tests and simulation move a manual one. */
export interface Clock {
  /** Milliseconds since the epoch: for certificates, logs and what people read. Never for ordering or timeouts. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back: for timeouts, rates and ramps. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it and may be called twice. */
  after(delayMs: number, run: () => void): () => void;
  /** Calls `run` every `periodMs` until cancelled. */
  every(periodMs: number, run: () => void): () => void;
}
