/** What every Clock does. The fake and the real adapter both pass it. */
import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets at least `ms` pass on it. */
  pass(ms: number): Promise<void>;
}

export function clockContract(name: string, make: () => ClockUnderTest): void {
  describe(`${name} is a Clock`, () => {
    it('runs a timer once, not before its time', async () => {
      const { clock, pass } = make();
      const set = clock.monotonic();
      const ranAt: number[] = [];
      clock.after(20, () => ranAt.push(clock.monotonic() - set));
      await pass(60);
      expect(ranAt).toHaveLength(1);
      expect(ranAt[0]).toBeGreaterThanOrEqual(19);
    });

    it('runs timers in the order of their times, equals in the order they were set', async () => {
      const { clock, pass } = make();
      const ran: string[] = [];
      clock.after(40, () => ran.push('late'));
      clock.after(5, () => ran.push('first'));
      clock.after(5, () => ran.push('second'));
      await pass(90);
      expect(ran).toEqual(['first', 'second', 'late']);
    });

    it('does not run a cancelled timer, and cancelling twice is safe', async () => {
      const { clock, pass } = make();
      let ran = 0;
      const cancel = clock.after(5, () => (ran += 1));
      cancel();
      cancel();
      await pass(30);
      expect(ran).toBe(0);
    });

    it('treats a negative delay as none', async () => {
      const { clock, pass } = make();
      let ran = 0;
      clock.after(-5, () => (ran += 1));
      await pass(10);
      expect(ran).toBe(1);
    });

    it('repeats until cancelled, even from within its own run', async () => {
      const { clock, pass } = make();
      let ran = 0;
      const cancel = clock.every(5, () => {
        ran += 1;
        if (ran === 3) cancel();
      });
      await pass(100);
      expect(ran).toBe(3);
    });

    it('holds a delay that is longer than the timers of Node', async () => {
      const { clock, pass } = make();
      let ran = 0;
      const cancel = clock.after(60 * 86_400_000, () => (ran += 1));
      await pass(20);
      cancel();
      expect(ran).toBe(0);
    });

    it('moves wall and monotonic time forward together', async () => {
      const { clock, pass } = make();
      const [wall, monotonic] = [clock.now(), clock.monotonic()];
      await pass(30);
      expect(clock.now() - wall).toBeGreaterThanOrEqual(28);
      expect(clock.monotonic() - monotonic).toBeGreaterThanOrEqual(28);
    });
  });
}
