import { describe, expect, it } from 'vitest';
import * as health from './lane-health.ts';

const fresh = health.createLaneHealth;
const fail = (lane: health.LaneHealth, nowMs: number): boolean =>
  health.failed(lane, 'connect_failed', { nowMs, jitter: 0.5 });

describe('the health of a lane', () => {
  it('is ejected by five failures in a row, tested once, and back after a success', () => {
    const lane = fresh();
    expect([1, 2, 3, 4, 5].map((nowMs) => fail(lane, nowMs))).toEqual([false, false, false, false, true]);
    expect(health.describeHealth(lane)).toBe('ejected: 5 failures in a row (connect_failed)');
    expect(health.grantTrial(lane, 10)).toBe(false);
    expect([health.grantTrial(lane, 2000), health.grantTrial(lane, 2000)]).toEqual([true, false]);
    health.endTrial(lane);
    expect(health.grantTrial(lane, 2000)).toBe(true);
    expect(health.succeeded(lane)).toBe(true);
    expect(health.isUsable(lane)).toBe(true);
  });

  it('is suspect when it is silent, is probed at once, and forgiven when the probe is answered', () => {
    const lane = fresh();
    health.beganWaiting(lane, 0);
    expect(health.noticeSilence(lane, 499, 0.5)).toBe(false);
    expect(health.noticeSilence(lane, 510, 0.5)).toBe(true);
    expect(health.describeHealth(lane)).toBe('suspect: silent for 510 ms');
    expect([health.isUsable(lane), health.isDown(lane, 510)]).toEqual([false, false]);
    expect([health.takeProbe(lane, 510, 0.5), health.takeProbe(lane, 511, 0.5)]).toEqual([true, false]);
    health.refuteSuspicion(lane, 520);
    expect(health.isUsable(lane)).toBe(true);
    expect(health.noticeSilence(lane, 60_000, 0.5)).toBe(false);
  });

  it('costs its group the ramp when it stays suspect, or falls silent again though it answers probes', () => {
    const lane = fresh();
    health.beganWaiting(lane, 0);
    health.noticeSilence(lane, 600, 0.5);
    expect(health.isDown(lane, 1_601)).toBe(true);
    health.refuteSuspicion(lane, 1_602);
    health.beganWaiting(lane, 2_000);
    expect(health.noticeSilence(lane, 2_600, 0.5)).toBe(true);
    expect(health.isDown(lane, 2_600)).toBe(true);
    expect(health.takeProbe(lane, 2_600, 0.5)).toBe(false);
  });

  it('takes a late answer as the end of a suspicion, and counts no request twice', () => {
    const lane = fresh();
    const era = health.beganWaiting(lane, 0);
    health.noticeSilence(lane, 600, 0.5);
    expect(health.answered(lane, { era, nowMs: 700, tookMs: 700 })).toBe(true);
    expect(lane.silence.waiting).toBe(0);
    const old = health.beganWaiting(lane, 1_000);
    health.beganWaiting(lane, 1_000);
    health.noticeSilence(lane, 9_000, 0.5);
    health.refuteSuspicion(lane, 9_001);
    health.beganWaiting(lane, 9_002);
    health.gaveUp(lane, old);
    expect(lane.silence.waiting).toBe(1);
    health.answered(lane, { era: old, nowMs: 9_003, tookMs: 8_003 });
    expect(lane.silence.waiting).toBe(1);
  });
});
