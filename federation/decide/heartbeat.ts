/** What heartbeats tell of a link: that it is silent, how long a round trip takes, how far the clocks are apart. */
import type { HeartbeatFrame } from '../../mesh/model/exchange-frame.ts';

export const HEARTBEAT_MS = 1000;
/** Own heartbeats without any frame heard. Counted, not timed: a program that was itself paused does not blame its peers. */
export const SILENT_AFTER = 4;
const SKEW_NOTE_MS = 60_000;

export interface Heard {
  /** `sentMs` of the peer's last heartbeat, and when it came, on the own steady clock. */
  readonly sentMs: number;
  readonly atMs: number;
}

export function makeHeartbeat(steadyMs: number, wallMs: number, heard: Heard | undefined): HeartbeatFrame {
  const echo =
    heard === undefined
      ? { echoMs: 0, heldMs: 0 }
      : { echoMs: heard.sentMs, heldMs: Math.max(0, Math.round(steadyMs - heard.atMs)) };
  // 0 stands for no echo, so a sent time is never 0.
  return { kind: 'heartbeat', sentMs: Math.round(steadyMs) + 1, wallMs: Math.round(wallMs), ...echo };
}

/** Milliseconds; undefined when the peer has not echoed yet, or echoes nonsense. */
export function roundTrip(frame: HeartbeatFrame, steadyMs: number): number | undefined {
  if (frame.echoMs === 0) return undefined;
  const trip = steadyMs + 1 - frame.echoMs - frame.heldMs;
  return Number.isFinite(trip) && trip > -2 && trip < 3_600_000 ? Math.max(0, trip) : undefined;
}

/** `its clock is 9 min ahead`, when the clocks are more than a minute apart. */
export function skewNote(frame: HeartbeatFrame, wallMs: number, rttMs: number): string | undefined {
  const skew = frame.wallMs + rttMs / 2 - wallMs;
  if (Math.abs(skew) <= SKEW_NOTE_MS) return undefined;
  const minutes = Math.round(Math.abs(skew) / 60_000);
  return `its clock is ${minutes} min ${skew > 0 ? 'ahead of' : 'behind'} ours; certificates tolerate 5 min`;
}
