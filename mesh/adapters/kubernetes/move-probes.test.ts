import { describe, expect, it } from 'vitest';
import { moveProbes, restoreProbes } from './move-probes.ts';

const ports = [{ name: 'web', containerPort: 8080 }];
const container = (rest: object) => ({ name: 'app', ports, ...rest });
const at = (name: string) => ({ httpGet: { path: `/app-health/app/${name}`, port: 15_020 } });

describe('the probes of a pod that lets in nobody but the mesh', () => {
  it.each([
    [
      { httpGet: { port: 'web', path: '/ready' }, timeoutSeconds: 3, periodSeconds: 7 },
      { httpGet: { port: 8080, path: '/ready' }, timeoutSeconds: 3 },
      { ...at('readinessProbe'), timeoutSeconds: 3, periodSeconds: 7 },
    ],
    [{ tcpSocket: { port: 5432 } }, { tcpSocket: { port: 5432 } }, at('readinessProbe')],
    [
      { grpc: { port: 9000, service: 'cart' }, failureThreshold: 2 },
      { grpc: { port: 9000, service: 'cart' } },
      { ...at('readinessProbe'), failureThreshold: 2 },
    ],
  ])('go to the sidecar, which is told what they said: %j', (readinessProbe, stated, probe) => {
    const moved = moveProbes(container({ readinessProbe }));
    expect(moved.stated).toEqual({ 'app/readinessProbe': stated });
    expect(moved.container).toEqual(container({ readinessProbe: probe }));
  });

  it('are told apart by their container and kind, hooks too, which have no bound of their own', () => {
    const tcpSocket = { port: 1 };
    const { container: moved, stated } = moveProbes(
      container({
        ...{ startupProbe: { tcpSocket }, readinessProbe: { tcpSocket }, livenessProbe: { tcpSocket } },
        lifecycle: { postStart: { httpGet: { port: 'web' } }, preStop: { sleep: { seconds: 5 } } },
      }),
    );
    expect(stated).toEqual({
      ...{ 'app/startupProbe': { tcpSocket }, 'app/readinessProbe': { tcpSocket } },
      'app/livenessProbe': { tcpSocket },
      'app/postStart': { httpGet: { port: 8080 }, timeoutSeconds: 30 },
    });
    expect(moved['lifecycle']).toEqual({ postStart: at('postStart'), preStop: { sleep: { seconds: 5 } } });
  });

  it.each([
    ['a command', { exec: { command: ['true'] } }],
    ['another host', { httpGet: { port: 80, host: 'db.example' } }],
    ['a port that the container does not name', { httpGet: { port: 'metrics' } }],
    ['nothing', {}],
  ])('stay as they are when they ask %s', (_what, readinessProbe) => {
    const given = container({ readinessProbe });
    expect(moveProbes(given)).toEqual({ container: given, stated: {} });
  });

  it('come back as they were, those alone that were moved', () => {
    const given = container({
      ...{
        readinessProbe: { httpGet: { port: 8080 }, timeoutSeconds: 2 },
        livenessProbe: { grpc: { port: 1 } },
      },
      lifecycle: { preStop: { httpGet: { port: 8080, path: '/bye' } } },
    });
    const { container: moved, stated } = moveProbes(given);
    expect(restoreProbes(moved, stated)).toEqual(given);
    const changed = { ...moved, readinessProbe: { tcpSocket: { port: 7 } } };
    expect(restoreProbes(changed, stated)).toEqual({ ...given, readinessProbe: { tcpSocket: { port: 7 } } });
  });
});
