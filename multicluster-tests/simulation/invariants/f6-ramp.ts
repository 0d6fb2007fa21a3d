/** F6: what has recovered takes load back by its ramp, never at once. */
import type { FailoverPolicy } from '../../../mesh/model/policy.ts';
import { DEFAULT_FAILOVER } from '../../../mesh/decide/failover/default-policy.ts';
import type { Invariant } from './watcher.ts';

const { rampMs, holdMs }: FailoverPolicy['failback'] = DEFAULT_FAILOVER.failback;

const LOOK_MS = 400;

interface Last {
  readonly at: number;
  /** Part of its endpoints that counted. */
  readonly fraction: number;
  readonly isDown: boolean;
}

export const ramp: Invariant = (world, report) => {
  const before = new Map<string, Last>();
  let nextAt = 0;
  return {
    step() {
      const nowMs = world.clock.monotonic();
      if (nowMs < nextAt) return;
      nextAt = nowMs + LOOK_MS;
      for (const at of world.clusters) {
        const { route, groups } = at.sidecar.shares() ?? { route: 0, groups: [] };
        for (const { group } of groups) {
          const name = `${at.name} ${route} ${group.cluster} ${group.zone}`;
          const last = before.get(name);
          const fraction = group.total === 0 ? 0 : (group.ramp * group.healthy) / group.total;
          before.set(name, { at: nowMs, fraction, isDown: group.healthy === 0 });
          if (last === undefined) continue;
          const risen = fraction - last.fraction;
          const mayRise = Math.max(0, nowMs - last.at - (last.isDown ? holdMs : 0)) / rampMs;
          if (risen > mayRise + 0.02)
            report(
              'F6',
              `${at.name} gives ${group.cluster} back ${Math.round(100 * risen)} % of its part at once`,
            );
        }
      }
    },
  };
};
