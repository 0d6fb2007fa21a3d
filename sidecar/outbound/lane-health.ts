/**
 * What is known of one lane: one target of one service port, an endpoint of this cluster or a gateway of another one.
 * Three things can rule it out: failures in a row (ejected), silence (suspect), and its gateway being unreachable.
 */
import {
  DEFAULT_OUTLIER,
  HEALTHY,
  onFailure,
  onSuccess,
  takeTrial,
  type Outlier,
} from '../../mesh/decide/health/outlier.ts';
import { probeDelayMs } from '../../mesh/decide/health/probe-schedule.ts';
import {
  onByte,
  onFirstByte,
  onGivenUp,
  onSent,
  QUIET,
  suspectAt,
  type Silence,
} from '../../mesh/decide/health/silence.ts';

/** Longer than this, and a suspicion costs the group its ramp; a shorter one was a false alarm. */
const FALSE_ALARM_MS = 1_000;

interface Suspicion {
  /** Monotonic ms. */
  readonly since: number;
  /** How long it had been quiet, for the operator. */
  readonly quietMs: number;
  readonly nextProbeAt: number;
  readonly probes: number;
}

export interface LaneHealth {
  outlier: Outlier;
  silence: Silence;
  suspicion: Suspicion | undefined;
  /** Suspicions since an answer last came: the first one that a probe refutes is forgiven at once. */
  suspicions: number;
  /** Changes with every refuted suspicion: requests sent before it no longer count as silence. */
  era: number;
  /** Why the last failure failed, for the operator. */
  lastFailure: string;
}

export function createLaneHealth(): LaneHealth {
  return { outlier: HEALTHY, silence: QUIET, suspicion: undefined, suspicions: 0, era: 0, lastFailure: '' };
}

export function isUsable({ outlier, suspicion }: LaneHealth): boolean {
  return outlier.ejectedUntil === undefined && suspicion === undefined;
}

/** Whether its group starts a new ramp when it recovers. */
export function isDown({ outlier, suspicion, suspicions }: LaneHealth, nowMs: number): boolean {
  if (outlier.ejectedUntil !== undefined) return true;
  return suspicion !== undefined && (suspicions > 1 || nowMs - suspicion.since > FALSE_ALARM_MS);
}

/** In words, when it is not usable. */
export function describeHealth({ outlier, suspicion, lastFailure }: LaneHealth): string | undefined {
  if (suspicion !== undefined) return `suspect: silent for ${Math.round(suspicion.quietMs)} ms`;
  if (outlier.ejectedUntil === undefined) return undefined;
  return `ejected: ${outlier.failuresInRow} failures in a row (${lastFailure})`;
}

/** Something was sent or is being dialled; answers the era to give back at the end. */
export function beganWaiting(health: LaneHealth, nowMs: number): number {
  health.silence = onSent(health.silence, nowMs);
  return health.era;
}

export function heardByte(health: LaneHealth, nowMs: number): void {
  health.silence = onByte(health.silence, nowMs);
}

export interface Waited {
  readonly era: number;
  readonly nowMs: number;
  readonly tookMs: number;
}

/** An answer began. True when that ended a suspicion. */
export function answered(health: LaneHealth, { era, nowMs, tookMs }: Waited): boolean {
  const counted = era === health.era;
  health.silence = counted ? onFirstByte(health.silence, nowMs, tookMs) : onByte(health.silence, nowMs);
  health.suspicions = 0;
  if (health.suspicion === undefined) return false;
  health.suspicion = undefined;
  return true;
}

/** It ended without an answer. */
export function gaveUp(health: LaneHealth, era: number): void {
  if (era === health.era) health.silence = onGivenUp(health.silence);
}

/** Answers whether it was ejected until now. */
export function succeeded(health: LaneHealth): boolean {
  const was = health.outlier.ejectedUntil !== undefined;
  if (health.outlier !== HEALTHY) health.outlier = onSuccess();
  return was;
}

/** Answers whether this failure ejected it. */
export function failed(health: LaneHealth, why: string, at: { nowMs: number; jitter: number }): boolean {
  const before = health.outlier;
  health.lastFailure = why;
  health.outlier = onFailure(before, { ...at, settings: DEFAULT_OUTLIER });
  return before.ejectedUntil === undefined && health.outlier.ejectedUntil !== undefined;
}

/** True for the one request that may try an ejected lane after its pause. */
export function grantTrial(health: LaneHealth, nowMs: number): boolean {
  if (health.outlier.ejectedUntil === undefined || health.suspicion !== undefined) return false;
  if (nowMs < health.outlier.ejectedUntil) return false;
  const { granted, state } = takeTrial(health.outlier, nowMs);
  health.outlier = state;
  return granted;
}

/** A trial that ended without a verdict: another one may follow. */
export function endTrial(health: LaneHealth): void {
  const { trial, ...rest } = health.outlier;
  if (trial === true) health.outlier = rest;
}

/**
 * Becomes suspect when it has been quiet for too long; true when that happens now. The first time it is probed at
 * once; when probes are answered but requests are not, later and later.
 */
export function noticeSilence(health: LaneHealth, nowMs: number, jitter: number): boolean {
  if (health.suspicion !== undefined) return false;
  const at = suspectAt(health.silence);
  if (at === undefined || nowMs < at) return false;
  const wait = health.suspicions === 0 ? 0 : probeDelayMs(health.suspicions, jitter);
  health.suspicions += 1;
  const quietMs = nowMs - health.silence.quietSince;
  health.suspicion = { since: nowMs, quietMs, nextProbeAt: nowMs + wait, probes: 0 };
  return true;
}

/** Whether it has been suspect for longer than a false alarm lasts. */
export function isLastingSuspect({ suspicion }: LaneHealth, nowMs: number): boolean {
  return suspicion !== undefined && nowMs - suspicion.since > FALSE_ALARM_MS;
}

/**
 * Monotonic ms: what was sent to a suspect by then has waited there for too long. Where nothing else is usable, requests go
 * there even after it became suspect. Not sooner: a hedge costs a connection, which is more than a request, and whoever is merely
 * drowned would drown in them.
 */
export function lateFrom(nowMs: number): number {
  return nowMs - FALSE_ALARM_MS;
}

/** True when a probe is due now; the caller sends it. */
export function takeProbe(health: LaneHealth, nowMs: number, jitter: number): boolean {
  const { suspicion } = health;
  if (suspicion === undefined || nowMs < suspicion.nextProbeAt) return false;
  const nextProbeAt = nowMs + probeDelayMs(suspicion.probes, jitter);
  health.suspicion = { ...suspicion, probes: suspicion.probes + 1, nextProbeAt };
  return true;
}

/** A probe was answered: it lives, and what waits there is merely slow. */
export function refuteSuspicion(health: LaneHealth, nowMs: number): void {
  health.suspicion = undefined;
  health.era += 1;
  health.silence = { ...health.silence, waiting: 0, quietSince: nowMs };
}
