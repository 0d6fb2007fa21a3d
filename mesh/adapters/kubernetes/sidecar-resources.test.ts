import { describe, expect, it } from 'vitest';
import { readSidecarResources } from './sidecar-resources.ts';

const read = (annotations: Readonly<Record<string, unknown>>) =>
  readSidecarResources(
    Object.fromEntries(
      Object.entries(annotations).map(([name, value]) => [`isthmus.dev/sidecar-${name}`, value]),
    ),
  );

describe('what a sidecar asks of its node', () => {
  it('is a tenth of a processor, and 256 MiB at most, where nothing is said', () => {
    const value = { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '256Mi' } };
    expect(read({})).toEqual({ ok: true, value });
  });

  it.each(['10m', '1500m', '99999m', '0.01', '0.5', '1', '99.999'])('may be a processor of %s', (cpu) => {
    expect(read({ cpu })).toMatchObject({
      ok: true,
      value: { requests: { cpu }, limits: { memory: '256Mi' } },
    });
  });

  it.each(['128Mi', '99999Mi', '135M', '1G', '1Gi', '64Gi'])('may be %s of memory at most', (memory) => {
    const result = read({ 'memory-limit': memory });
    expect(result).toMatchObject({ ok: true, value: { requests: { cpu: '100m' }, limits: { memory } } });
  });

  it.each([
    ...[
      '',
      '0',
      '9m',
      '100000m',
      '100',
      '0.009',
      '0.0001',
      '.5',
      '-1',
      '1e3',
      '100M',
      '10m ',
      ' 1',
      '1\n',
      '１',
      1,
      null,
      ['1'],
    ].map((value) => ['cpu', value]),
    ...[
      '',
      '127Mi',
      '134M',
      '0Gi',
      '100000Mi',
      '256',
      '256K',
      '256Mi ',
      '-256Mi',
      '1.5Gi',
      '1Gi\n',
      256,
      null,
    ].map((value) => ['memory-limit', value]),
  ] as [string, unknown][])('is refused where %s is %j', (name, value) => {
    expect(read({ [name]: value })).toMatchObject({
      ok: false,
      error: { field: `isthmus.dev/sidecar-${name}` },
    });
  });
});
