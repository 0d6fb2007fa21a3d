import { describe, expect, it } from 'vitest';
import { readAppProbes, writeStatedProbes } from './app-probes.ts';

const read = (entry: unknown) => readAppProbes(JSON.stringify({ 'app/livenessProbe': entry }));

describe('the probes that a sidecar carries out', () => {
  it.each([
    [
      { httpGet: { port: 8080 } },
      { kind: 'http', scheme: 'http:', port: 8080, path: '/', headers: [], timeoutMs: 1000 },
    ],
    [
      {
        httpGet: {
          port: 8443,
          path: 'live?deep=1',
          scheme: 'HTTPS',
          httpHeaders: [{ name: 'X-A', value: 'b c' }],
        },
        timeoutSeconds: 5,
      },
      {
        ...{ kind: 'http', scheme: 'https:', port: 8443, path: '/live?deep=1' },
        ...{ headers: [['X-A', 'b c']], timeoutMs: 5000 },
      },
    ],
    [{ tcpSocket: { port: 5432 } }, { kind: 'tcp', port: 5432, timeoutMs: 1000 }],
    [{ grpc: { port: 9000 } }, { kind: 'grpc', port: 9000, service: '', timeoutMs: 1000 }],
    [
      { grpc: { port: 9000, service: 'cart' } },
      { kind: 'grpc', port: 9000, service: 'cart', timeoutMs: 1000 },
    ],
  ])('are read as the Kubernetes API means them: %j', (entry, probe) => {
    expect(read(entry)).toEqual({ ok: true, value: new Map([['app/livenessProbe', probe]]) });
  });

  it('are none where nothing is said', () => {
    expect(readAppProbes(undefined)).toEqual({ ok: true, value: new Map() });
  });

  it.each([
    ['{'],
    ['[]'],
    ['{"app/livenessProbe":1}'],
    [`{"app/livenessProbe":{"tcpSocket":{"port":1}},"x":${' '.repeat(40_000)}{}}`],
  ])('are refused as a whole when they are no JSON of probes', (text) => {
    expect(readAppProbes(text)).toMatchObject({ ok: false, error: { subject: 'ISTHMUS_APP_PROBES' } });
  });

  it.each([
    [{}],
    [{ exec: { command: ['true'] } }],
    [{ tcpSocket: { port: 0 } }],
    [{ tcpSocket: { port: 'http' } }],
    [{ tcpSocket: { port: 80 }, timeoutSeconds: 0 }],
    [{ tcpSocket: { port: 80 }, timeoutSeconds: 1e9 }],
    [{ httpGet: { port: 80, path: '/ HTTP/1.1' } }],
    [{ httpGet: { port: 80, scheme: 'FTP' } }],
    [{ httpGet: { port: 80, httpHeaders: [{ name: 'a b', value: '' }] } }],
    [{ httpGet: { port: 80, httpHeaders: [{ name: 'a', value: 'b\r\nc: d' }] } }],
    [{ httpGet: { port: 80, httpHeaders: Array.from({ length: 65 }, () => ({ name: 'a', value: '' })) } }],
    [{ grpc: { port: 80, service: 7 } }],
  ])('are refused where one cannot be carried out, which is named: %j', (entry) => {
    expect(read(entry)).toMatchObject({ ok: false, error: { field: 'app/livenessProbe' } });
  });

  it('are written only if they can be read', () => {
    const stated = { 'app/livenessProbe': { tcpSocket: { port: 5432 } } };
    expect(writeStatedProbes(stated)).toEqual({ ok: true, value: JSON.stringify(stated) });
    expect(writeStatedProbes({ 'app/livenessProbe': { tcpSocket: { port: 0 } } }).ok).toBe(false);
    const many = Array.from({ length: 2000 }, (_, i) => [
      `app-${i}/livenessProbe`,
      { tcpSocket: { port: 1 } },
    ]);
    expect(writeStatedProbes(Object.fromEntries(many) as typeof stated).ok).toBe(false);
  });
});
