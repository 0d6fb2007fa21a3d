/**
 * Silent is not slow. A target is suspect when requests wait there and nothing at all has come back from it for longer
 * than its usual first-byte time. A slow service whose answers keep coming is not suspect.
 */
export interface Silence {
  /** Smoothed first-byte time and its mean deviation, ms (as TCP's round-trip estimate, RFC 6298); undefined: no answer yet. */
  readonly usual: { readonly meanMs: number; readonly deviationMs: number } | undefined;
  readonly waiting: number;
  /** Monotonic ms of the last byte from it, or of the moment when something began to wait after nothing had. */
  readonly quietSince: number;
}

export const QUIET: Silence = { usual: undefined, waiting: 0, quietSince: 0 };

const FLOOR_MS = 250;
/** For a target that has not answered yet. */
const UNKNOWN_MS = 500;

export function onSent(state: Silence, nowMs: number): Silence {
  const { usual, waiting, quietSince } = state;
  return { usual, waiting: waiting + 1, quietSince: waiting === 0 ? nowMs : quietSince };
}

/** The first byte of an answer, `tookMs` after its request was sent. */
export function onFirstByte(state: Silence, nowMs: number, tookMs: number): Silence {
  const { usual } = state;
  const error = usual === undefined ? tookMs : Math.abs(tookMs - usual.meanMs);
  const next =
    usual === undefined
      ? { meanMs: tookMs, deviationMs: tookMs / 2 }
      : {
          meanMs: usual.meanMs + (tookMs - usual.meanMs) / 8,
          deviationMs: usual.deviationMs + (error - usual.deviationMs) / 4,
        };
  return { usual: next, waiting: Math.max(0, state.waiting - 1), quietSince: nowMs };
}

/** Any other byte from it: it lives. */
export function onByte(state: Silence, nowMs: number): Silence {
  return { usual: state.usual, waiting: state.waiting, quietSince: nowMs };
}

/** A request that waited ended without an answer. */
export function onGivenUp(state: Silence): Silence {
  return { ...state, waiting: Math.max(0, state.waiting - 1) };
}

/** How long it may be quiet while something waits. */
export function patienceMs(state: Silence): number {
  if (state.usual === undefined) return UNKNOWN_MS;
  return Math.max(FLOOR_MS, 2 * state.usual.meanMs + 4 * state.usual.deviationMs);
}

/** Monotonic ms from when on it is suspect if nothing comes back; undefined while nothing waits. */
export function suspectAt(state: Silence): number | undefined {
  return state.waiting === 0 ? undefined : state.quietSince + patienceMs(state);
}

export function isSuspect(state: Silence, nowMs: number): boolean {
  const at = suspectAt(state);
  return at !== undefined && nowMs >= at;
}
