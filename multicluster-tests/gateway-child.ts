/** The parent's end of a gateway in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { GatewayStats } from '../gateway/gateway.ts';

export interface GatewayChild {
  readonly port: number;
  /** Asked after a garbage collection. */
  stats(): Promise<GatewayStats & { readonly rssBytes: number }>;
}

/** Exports `cart`, served by `backendPort` of this machine. */
export async function forkGateway(backendPort: number, helloDeadlineMs: number): Promise<GatewayChild> {
  const file = fileURLToPath(new URL('gateway-process.ts', import.meta.url));
  const child = fork(file, [`${backendPort}`, `${helloDeadlineMs}`], { execArgv: ['--expose-gc'] });
  onTestFinished(async () => {
    child.disconnect();
    await once(child, 'exit');
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    stats: async () => {
      child.send('stats');
      const [answer] = (await once(child, 'message')) as [GatewayStats & { rssBytes: number }];
      return answer;
    },
  };
}
