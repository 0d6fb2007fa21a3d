import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { ok } from '../../kit/result.ts';
import { createManualClock } from '../clock/manual-clock.ts';
import { createMemoryLog } from '../log/memory-log.ts';
import { createSeededRandom } from '../random/seeded-random.ts';
import type { ApiRequest } from './api-client.ts';
import { openConfigMapState } from './config-map-state.ts';

it('a state that is too large for a ConfigMap is not sent, and the fault names it', async () => {
  const sent: string[] = [];
  const request = ({ method, path }: ApiRequest) => {
    if (method !== 'GET') sent.push(path);
    return Promise.resolve(ok({ status: 200, body: { items: [] } }));
  };
  const opened = await openConfigMapState({
    ...{ api: { request }, namespace: 'isthmus-system', mayWrite: () => true, log: createMemoryLog() },
    ...{ clock: createManualClock(), random: createSeededRandom(1) },
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const state = opened.value;
  // Random bytes do not compress; as hexadecimal digits they do to half.
  state.write('peer-west', randomBytes(1_200_000).toString('hex'));
  state.write('epoch', '7');
  expect(await state.flush()).toMatchObject({
    ok: false,
    error: {
      ...{ code: 'quota_exceeded', subject: 'ConfigMap isthmus-system/isthmus-state-peer-west' },
      field: 'binaryData.text.gz',
    },
  });
  expect(sent).toEqual(['/api/v1/namespaces/isthmus-system/configmaps/isthmus-state-epoch']);
});
