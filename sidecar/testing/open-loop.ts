/** Requests at a fixed pace whatever the answers do, as independent users would send them. */
import http from 'node:http';
import type { HostPort } from '../addresses.ts';
import { ask } from './applications.ts';

interface Outcome {
  /** performance.now() of the start, ms. */
  readonly at: number;
  readonly tookMs: number;
  readonly status: number;
  readonly body: string;
}

export interface OpenLoop {
  readonly outcomes: readonly Outcome[];
  lost(): readonly Outcome[];
  /** Ends the schedule and waits for what is under way. */
  stop(): Promise<void>;
}

export interface OpenLoopWish {
  readonly via: HostPort;
  readonly url: string;
  readonly perSecond: number;
  readonly method?: string;
}

export function startOpenLoop({ via, url, perSecond, method = 'GET' }: OpenLoopWish): OpenLoop {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4096 });
  const outcomes: Outcome[] = [];
  const pending = new Set<Promise<void>>();
  const start = performance.now();
  let sent = 0;
  const fire = (): void => {
    const at = performance.now();
    const one = ask({ via, url, method, agent }).then(({ status, body }) => {
      outcomes.push({ at, tookMs: performance.now() - at, status, body });
      pending.delete(one);
    });
    pending.add(one);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) * perSecond) / 1000);
    for (; sent < due; sent++) fire();
  }, 3);
  return {
    outcomes,
    lost: () => outcomes.filter(({ status, tookMs }) => status !== 200 || tookMs > 2_000),
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
    },
  };
}
