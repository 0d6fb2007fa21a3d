import { describe, expect, it } from 'vitest';
import { readCaptureWish, type CaptureDefaults } from './capture-wish.ts';

const read = (annotations: Readonly<Record<string, unknown>>, defaults: CaptureDefaults = {}) =>
  readCaptureWish(
    Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`isthmus.dev/${name}`, value])),
    defaults,
  );
const EVERYTHING = { inbound: 'permissive', ranges: [], excludedRanges: [], excludedPorts: [] };

describe('what a pod wants captured', () => {
  it.each([
    ['everything it calls, unless it says otherwise', {}, {}, EVERYTHING],
    ['nothing, if it says so', { capture: 'none' }, {}, undefined],
    ['nothing, by default', {}, { capture: 'none' }, undefined],
    ['what it says rather than the default', { capture: 'outbound' }, { capture: 'none' }, EVERYTHING],
    ['the mesh alone coming in', { inbound: 'strict' }, {}, { ...EVERYTHING, inbound: 'strict' }],
    ['the mesh alone, by default', {}, { inbound: 'strict' }, { ...EVERYTHING, inbound: 'strict' }],
    ['all coming in, for itself', { inbound: 'permissive' }, { inbound: 'strict' }, EVERYTHING],
    [
      'some',
      {
        'capture-ranges': '10.96.0.0/12, fd00::/112',
        'capture-exclude-ranges': '10.96.0.1,',
        'capture-exclude-ports': '5432, 6379',
      },
      {},
      {
        ...{ ...EVERYTHING, ranges: ['10.96.0.0/12', 'fd00::/112'] },
        ...{ excludedRanges: ['10.96.0.1'], excludedPorts: [5432, 6379] },
      },
    ],
  ] as const)('is %s', (_what, annotations, defaults, value) => {
    expect(read(annotations, defaults)).toEqual({ ok: true, value });
  });

  it.each([
    ['capture', 'all'],
    ['inbound', 'maybe'],
    ['capture-ranges', '10.96.0.0/33'],
    ['capture-ranges', '10.96.0.0/12 accept; flush ruleset'],
    ['capture-ranges', 'fe80::1%eth0'],
    ['capture-exclude-ranges', 'example.com'],
    ['capture-exclude-ports', '70000'],
    ['capture-exclude-ports', '0'],
    ['capture-exclude-ports', 5432],
  ])('is refused where %s is %s', (name, value) => {
    expect(read({ [name]: value })).toMatchObject({ ok: false, error: { field: `isthmus.dev/${name}` } });
  });

  it('is refused where strict is asked for without a packet filter', () => {
    const wish = read({ capture: 'none', inbound: 'strict' });
    expect(wish).toMatchObject({ ok: false, error: { field: 'isthmus.dev/inbound' } });
  });

  it('has a bound', () => {
    const ports = (count: number): string => Array.from({ length: count }, () => '1').join(',');
    expect(read({ 'capture-exclude-ports': ports(64) }).ok).toBe(true);
    expect(read({ 'capture-exclude-ports': ports(65) }).ok).toBe(false);
  });
});
