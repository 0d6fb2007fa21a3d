import { expect, it } from 'vitest';
import { openPodHost } from './pod-host.ts';
import { systemClock } from '../mesh/adapters/clock/system-clock.ts';
import { POD_IP, POD_NAME } from '../mesh/adapters/kubernetes/installation.ts';
import { createMemoryLog } from '../mesh/adapters/log/memory-log.ts';
import { systemRandom } from '../mesh/adapters/random/system-random.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';

const pod = { [POD_NAME]: 'isthmus-controller-1', [POD_IP]: '10.1.0.7' };
const nowhere = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' };

function open(env: NodeJS.ProcessEnv, signal = new AbortController().signal): ReturnType<typeof openPodHost> {
  const tools = {
    clock: systemClock,
    random: systemRandom,
    log: createMemoryLog(),
    onStandby: () => undefined,
  };
  return openPodHost({ ...tools, config: { mesh: 'acme', cluster: 'east' } as ClusterConfig, env, signal });
}

it('a controller that cannot reach its API server waits, and ends when it is asked', async () => {
  const stop = new AbortController();
  const opened = open({ ...pod, ...nowhere }, stop.signal);
  const first = await Promise.race([opened, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))]);
  expect(first).toBe('waits');
  stop.abort();
  expect(await opened).toMatchObject({ ok: false, error: { code: 'unavailable' } });
});

it.each([
  [POD_NAME, { ...nowhere, [POD_IP]: '10.1.0.7' }],
  [POD_IP, { ...nowhere, [POD_NAME]: 'isthmus-controller-1' }],
  ['KUBERNETES_SERVICE_HOST', pod],
])('a controller that does not know %s says so', async (subject, env) => {
  expect(await open(env)).toMatchObject({ ok: false, error: { code: 'config_invalid', subject } });
});
