import { describe, expect, it } from 'vitest';
import { listenInPod } from './pod-place.ts';

const env = { ISTHMUS_POD_IP: '10.244.0.7' };
const captured = { ...env, ISTHMUS_CAPTURE: 'outbound' };

describe('the place of a sidecar in its pod', () => {
  it('is where the application and the kubelet were told', async () => {
    expect(await listenInPod({ env, user: 65_532, upstreams: [] })).toEqual({
      ok: true,
      value: {
        inbound: { host: '10.244.0.7', port: 15_006 },
        httpProxy: { host: '127.0.0.1', port: 15_001 },
        upstreams: [],
      },
    });
  });

  it.skipIf(process.platform !== 'linux')(
    'is on loopback of both families for what is captured',
    async () => {
      const place = await listenInPod({ env: captured, user: 15_001, upstreams: [] });
      const { capture } = place.ok ? place.value : {};
      expect(capture).toMatchObject({ hosts: ['127.0.0.1', '::1'], port: 15_002 });
    },
  );

  it.each([
    ['ISTHMUS_POD_IP', {}, 15_001],
    // What it calls itself would come back to it.
    ['ISTHMUS_CAPTURE', captured, 65_532],
    ['ISTHMUS_CAPTURE', captured, undefined],
  ])('is refused for its %s', async (subject, of, user) => {
    const place = await listenInPod({ env: of, user, upstreams: [] });
    expect(place).toMatchObject({ ok: false, error: { code: 'config_invalid', subject } });
  });
});
