/** Passive ejection: what fails again and again gets no requests for a growing while, then one trial. */
export interface Outlier {
  readonly failuresInRow: number;
  /** Ejections without a success in between: the exponent of the pause. */
  readonly ejections: number;
  /** Monotonic ms until when it is ejected; absent while it takes requests. */
  readonly ejectedUntil?: number;
  /** The pause is over and one request may try it; set until that one is done. */
  readonly trial?: true;
}

export interface OutlierSettings {
  /** Failures in a row that eject. */
  readonly failures: number;
  readonly firstPauseMs: number;
  /** Before jitter. */
  readonly longestPauseMs: number;
}

/** Envoy ejects after 5 in a row; Linkerd pauses 1 s to 1 min. */
export const DEFAULT_OUTLIER: OutlierSettings = { failures: 5, firstPauseMs: 1000, longestPauseMs: 60_000 };

export const HEALTHY: Outlier = { failuresInRow: 0, ejections: 0 };

export function onSuccess(): Outlier {
  return HEALTHY;
}

/** `jitter` in [0, 1) spreads the end of pauses over half their length. While it is ejected, failures change nothing. */
export function onFailure(
  state: Outlier,
  at: { nowMs: number; jitter: number; settings: OutlierSettings },
): Outlier {
  const failuresInRow = state.failuresInRow + 1;
  if (isEjected(state, at.nowMs)) return state;
  if (state.trial === undefined && failuresInRow < at.settings.failures) return { ...state, failuresInRow };
  const pauseMs = Math.min(at.settings.longestPauseMs, at.settings.firstPauseMs * 2 ** state.ejections);
  return {
    failuresInRow,
    ejections: state.ejections + 1,
    ejectedUntil: at.nowMs + pauseMs * (0.75 + 0.5 * at.jitter),
  };
}

export function isEjected(state: Outlier, nowMs: number): boolean {
  return state.ejectedUntil !== undefined && nowMs < state.ejectedUntil;
}

/** After the pause exactly one request may try: the caller that gets `true` sends it and stores the new state. */
export function takeTrial(
  state: Outlier,
  nowMs: number,
): { readonly granted: boolean; readonly state: Outlier } {
  if (state.ejectedUntil === undefined) return { granted: true, state };
  if (nowMs < state.ejectedUntil || state.trial === true) return { granted: false, state };
  return { granted: true, state: { ...state, trial: true } };
}
