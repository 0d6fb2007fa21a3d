import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exported } from './testing/exported-services.ts';
import type { StatedInfo, StatedService } from '../../mesh/model/exchange-frame.ts';
import { splitServiceKey, type ClusterName, type ServiceKey } from '../../mesh/model/names.ts';
import { canonicalText, digestText, EMPTY_DIGEST, formatDigest, toggle } from './catalog-digest.ts';
import { createHoldings } from './holdings.ts';
import { parseInfo } from './parse-info.ts';
import { parseService } from './parse-service.ts';
import { QUOTAS, type Quotas } from './quotas.ts';

const statedService = (more: Partial<StatedService> = {}): StatedService => {
  const { key, ...rest } = exported('shop/cart');
  return { ...rest, ...splitServiceKey(key), ...more };
};
const port = (more: object = {}): StatedService['ports'][number] => ({
  ...statedService().ports[0]!,
  ...more,
});
const zone = (more: object = {}): StatedService['zones'][number] => ({
  ...statedService().zones[0]!,
  ...more,
});
const traits = (more: object = {}): StatedService => ({
  ...statedService(),
  traits: { type: 'ClusterSetIP', ports: [statedPort()], ...more },
});
const statedPort = (more: object = {}) => ({ name: 'http', protocol: 'TCP', port: 80, ...more });
const info = (more: Partial<StatedInfo> = {}): StatedInfo => ({
  ...{ cluster: 'west', region: 'eu', zone: 'eu-1', network: 'west', version: '0.1.0' },
  ...{ gateways: [{ host: '203.0.113.1', port: 15443, zone: 'eu-1' }], ...more },
});
const rules = { origin: 'west' as ClusterName, allowLoopback: false, quotas: QUOTAS };

/** Strings that break out of something: lines, paths, HTML, shell, JSON keys, names with a trick. */
const HOSTILE = [
  ...[
    '',
    ' ',
    'a b',
    'A',
    'a.b',
    'a.b.c.d',
    'a..west',
    `${'a'.repeat(64)}.west.cart`,
    '-a',
    'a-',
    'a_b',
    '../x',
    'a/b',
    'a\nb',
    'a\0b',
    '<script>',
    '$(x)',
    '%2e',
  ],
  ...['"', "'", '\u2028', 'ｃart', 'cart\u200b', 'a'.repeat(64), 'x'.repeat(1e6), '__proto__', 'кart'],
];

describe('a service that a peer states (S26-S28)', () => {
  it('is taken as it is when every field is good', () => {
    expect(parseService(statedService(), rules)).toEqual({ ok: true, value: exported('shop/cart') });
  });

  it('may have ports of other protocols only, and labels for its import', () => {
    const stated = {
      ...traits({
        ports: [statedPort({ protocol: 'UDP', appProtocol: 'example.com/quic' })],
        ipFamilies: ['IPv6'],
      }),
      ...{ ports: [], labels: { 'example.com/team': 'shop' }, annotations: { note: 'any text: ä\n' } },
    };
    const { namespace: _namespace, name: _name, ...rest } = stated;
    const parsed = parseService(stated, rules);
    expect(parsed).toEqual({ ok: true, value: { key: 'shop/cart', ...rest } });
  });

  it.each([
    ...HOSTILE.map((name) => ({ field: 'name', stated: { name } })),
    ...HOSTILE.map((namespace) => ({ field: 'name', stated: { namespace } })),
    ...['kube-system', 'kube-public', 'isthmus-system'].map((namespace) => ({
      field: 'namespace',
      stated: { namespace },
    })),
    { field: 'name', stated: { namespace: 'default', name: 'kubernetes' } },
    ...HOSTILE.slice(1).map((name) => ({ field: 'ports.name', stated: { ports: [port({ name })] } })),
    ...[0, -1, 1.5, 65_536, NaN].map((one) => ({
      field: 'ports.port',
      stated: { ports: [port({ port: one })] },
    })),
    ...['', 'HTTP', 'udp', 'toString'].map((appProtocol) => ({
      field: 'ports.appProtocol',
      stated: { ports: [port({ appProtocol })] },
    })),
    ...['', 'a'.repeat(25), 'a'.repeat(27), 'A'.repeat(26), `${'a'.repeat(25)}.`].map((routeId) => ({
      field: 'ports.routeId',
      stated: { ports: [port({ routeId })] },
    })),
    { field: 'ports.port', stated: { ports: [] } },
    { field: 'ports.name', stated: { ports: [port(), port({ port: 81, routeId: 'b'.repeat(26) })] } },
    { field: 'ports.port', stated: { ports: [port(), port({ name: 'b', routeId: 'b'.repeat(26) })] } },
    { field: 'ports.routeId', stated: { ports: [port(), port({ name: 'b', port: 81 })] } },
    { field: 'ports', stated: { ports: Array.from({ length: 65 }, () => port()) } },
    ...['', 'a\nb', 'a b', '-a', 'a'.repeat(64)].map((region) => ({
      field: 'zones.region',
      stated: { zones: [zone({ region })] },
    })),
    ...['', 'a\nb', '<b>'].map((one) => ({ field: 'zones.zone', stated: { zones: [zone({ zone: one })] } })),
    ...[-1, 4, 1.5].map((ready) => ({ field: 'zones.ready', stated: { zones: [zone({ ready })] } })),
    ...[-1, 1e6].map((total) => ({ field: 'zones.total', stated: { zones: [zone({ total })] } })),
    { field: 'zones.zone', stated: { zones: [zone(), zone()] } },
    { field: 'zones', stated: { zones: Array.from({ length: 65 }, (_, i) => zone({ zone: `z${i}` })) } },
    { field: 'serviceAccounts', stated: { serviceAccounts: ['a b'] } },
    { field: 'serviceAccounts', stated: { serviceAccounts: ['a', 'a'] } },
    { field: 'serviceAccounts', stated: { serviceAccounts: Array.from({ length: 65 }, (_, i) => `a${i}`) } },
    ...[-1, 1.5, 9e15, NaN].map((exportedAt) => ({ field: 'exportedAt', stated: { exportedAt } })),
    ...['', 'ExternalName', 'clustersetip'].map((type) => ({
      field: 'traits.type',
      stated: traits({ type }),
    })),
    { field: 'traits.ports', stated: traits({ ports: [] }) },
    { field: 'traits.ports', stated: traits({ ports: Array.from({ length: 65 }, () => statedPort()) }) },
    ...HOSTILE.map((name) => ({
      field: 'traits.ports.name',
      stated: traits({ ports: [statedPort({ name })] }),
    })),
    ...['', 'tcp', 'ICMP'].map((protocol) => ({
      field: 'traits.ports.protocol',
      stated: traits({ ports: [statedPort({ protocol })] }),
    })),
    ...[0, 1.5, 65_536, NaN].map((one) => ({
      field: 'traits.ports.port',
      stated: traits({ ports: [statedPort({ port: one })] }),
    })),
    ...[
      '',
      'a b',
      'a/b/c',
      '-a',
      'a..b/c',
      'a.-b/c',
      'a-.b/c',
      `${'a'.repeat(254)}/c`,
      `${'a'.repeat(64)}`,
    ].map((appProtocol) => ({
      field: 'traits.ports.appProtocol',
      stated: traits({ ports: [statedPort({ appProtocol })] }),
    })),
    { field: 'traits.ports.name', stated: traits({ ports: [statedPort(), statedPort({ port: 81 })] }) },
    { field: 'traits.ports.port', stated: traits({ ports: [statedPort(), statedPort({ name: 'b' })] }) },
    ...['', 'clientip'].map((sessionAffinity) => ({
      field: 'traits.sessionAffinity',
      stated: traits({ sessionAffinity }),
    })),
    ...[0, 1.5, 86_401, NaN].map((affinitySeconds) => ({
      field: 'traits.affinitySeconds',
      stated: traits({ affinitySeconds }),
    })),
    { field: 'traits.internalTrafficPolicy', stated: traits({ internalTrafficPolicy: 'local' }) },
    ...['', 'a b', 'x'.repeat(64)].map((trafficDistribution) => ({
      field: 'traits.trafficDistribution',
      stated: traits({ trafficDistribution }),
    })),
    ...[['IPv5'], ['IPv4', 'IPv4']].map((ipFamilies) => ({
      field: 'traits.ipFamilies',
      stated: traits({ ipFamilies }),
    })),
    ...['a\nb', '<b>', 'x'.repeat(64)].map((value) => ({
      field: 'labels',
      stated: { labels: { team: value } },
    })),
    ...['', 'a b', '/a', 'a..b/c', `${'x'.repeat(64)}`].map((name) => ({
      field: 'labels',
      stated: { labels: { [name]: 'a' } },
    })),
    { field: 'annotations', stated: { annotations: { note: 'x'.repeat(4097) } } },
    {
      field: 'annotations',
      stated: { annotations: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, ''])) },
    },
  ])('is refused for $field in $stated', ({ field, stated }) => {
    const parsed = parseService(statedService(stated), rules);
    expect(parsed.ok ? undefined : parsed.error.field).toBe(field);
    expect(parsed.ok ? '' : parsed.error.subject.length).toBeLessThan(300);
  });
});

describe('what a peer says of itself (S26)', () => {
  it('is its own name and usable gateways', () => {
    expect(parseInfo(info(), rules)).toEqual({ ok: true, value: { info: info(), refused: [] } });
  });

  it.each([
    ...['east', 'West', '', 'west.acme', 'west\n'].map((cluster) => ({
      code: 'origin_mismatch',
      stated: { cluster },
    })),
    ...['', 'a b', '<b>', 'a\n'].map((region) => ({ code: 'schema_violation', stated: { region } })),
    ...['', '../x'].map((one) => ({ code: 'schema_violation', stated: { zone: one } })),
    ...['', 'x'.repeat(64)].map((network) => ({ code: 'schema_violation', stated: { network } })),
    ...['', '1\n2', '<b>'].map((version) => ({ code: 'schema_violation', stated: { version } })),
    { code: 'quota_exceeded', stated: { gateways: Array.from({ length: 17 }, () => info().gateways[0]!) } },
  ])('is refused as $code: $stated', ({ code, stated }) => {
    const parsed = parseInfo(info(stated), rules);
    expect(parsed.ok ? '' : parsed.error.code).toBe(code);
  });

  it.each([
    ...[
      '127.0.0.1',
      '::1',
      'localhost',
      '169.254.169.254',
      'fe80::1',
      '0.0.0.0',
      '224.0.0.1',
      '2130706433',
      'a b',
      '',
    ].map((host) => ({ host, port: 15443, zone: '' })),
    ...[0, 65_536, -1].map((one) => ({ host: '203.0.113.1', port: one, zone: '' })),
    { host: '203.0.113.1', port: 1, zone: 'a\nb' },
  ])('loses the gateway $host:$port alone', (bad) => {
    const good = info().gateways[0]!;
    const parsed = parseInfo(info({ gateways: [bad, good] }), rules);
    expect(parsed.ok && parsed.value.info.gateways).toEqual([good]);
    expect(parsed.ok && parsed.value.refused).toHaveLength(1);
  });
});

describe('quotas', () => {
  const small: Quotas = { ...QUOTAS, services: 3, bytesPerService: 400, bytesPerPeer: 600 };
  const named = (name: string, more: Partial<StatedService> = {}): StatedService =>
    statedService({ name, ...more });
  const long = { serviceAccounts: Array.from({ length: 20 }, (_, i) => `account-with-a-long-name-${i}`) };
  const codeOf = (result: ReturnType<ReturnType<typeof createHoldings>['put']>): string =>
    result.ok ? 'taken' : result.error.code;

  it('bound services, bytes of one and bytes of all, and cost nothing that is held', () => {
    const holdings = createHoldings({ ...rules, quotas: small });
    const codes = ['a', 'b', 'c', 'd', 'e'].map((name) => codeOf(holdings.put(named(name), undefined)));
    expect(codes.slice(0, 3)).toEqual(['taken', 'taken', 'taken']);
    expect(codes.slice(3)).toEqual(['quota_exceeded', 'quota_exceeded']);
    expect(codeOf(holdings.put(named('a', long), undefined))).toBe('quota_exceeded');
    expect([...holdings.services()].map(([key]) => key)).toEqual(
      expect.arrayContaining(['shop/a', 'shop/b', 'shop/c']),
    );
  });

  it('bound the bytes of all services together, to the byte', () => {
    const bytes = canonicalText(named('a')).length;
    for (const [bytesPerPeer, third] of [
      [3 * bytes, 'taken'],
      [3 * bytes - 1, 'quota_exceeded'],
    ] as const) {
      const holdings = createHoldings({ ...rules, quotas: { ...small, bytesPerPeer } });
      const codes = ['a', 'b', 'c'].map((name) => codeOf(holdings.put(named(name), undefined)));
      expect(codes).toEqual(['taken', 'taken', third]);
    }
  });

  it('give back what is removed', () => {
    const holdings = createHoldings({ ...rules, quotas: small });
    for (let i = 0; i < 50; i++) {
      expect(codeOf(holdings.put(named(`s${i}`), undefined))).toBe('taken');
      holdings.remove(`shop/s${i}` as ServiceKey);
    }
    expect([holdings.count(), formatDigest(holdings.digest())]).toEqual([0, formatDigest(EMPTY_DIGEST)]);
  });
});

describe('any statement whatever (S28)', () => {
  const text = fc.oneof(
    fc.constantFrom(...HOSTILE.filter((one) => one.length < 100), 'shop', 'cart', 'eu', 'http'),
    fc.string(),
  );
  const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 80, 1, NaN));
  const anyService: fc.Arbitrary<StatedService> = fc.record({
    ...{ namespace: text, name: text, exportedAt: number },
    ports: fc.array(fc.record({ name: text, port: number, appProtocol: text, routeId: text }), {
      maxLength: 3,
    }),
    zones: fc.array(fc.record({ region: text, zone: text, ready: number, total: number }), { maxLength: 3 }),
    serviceAccounts: fc.array(text, { maxLength: 3 }),
  });

  it('is taken whole and valid, or refused and the last good entry stays', () => {
    const LABEL = /^[a-z0-9-]{1,63}$/;
    fc.assert(
      fc.property(fc.array(anyService, { maxLength: 20 }), (statements) => {
        const holdings = createHoldings(rules);
        holdings.put(statedService(), undefined);
        for (const stated of statements) holdings.put(stated, undefined);
        expect(holdings.get('shop/cart' as ServiceKey)).toBeDefined();
        for (const [key, service] of holdings.services()) {
          expect(key.split(/[/.]/).every((part) => LABEL.test(part))).toBe(true);
          expect(parseService({ ...service, ...splitServiceKey(key) }, rules).ok).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has a digest that does not depend on order, and tells entries apart', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyService, { selector: canonicalText, maxLength: 12 }), (services) => {
        const digests = services.map((service) => digestText(canonicalText(service)));
        const sum = digests.reduce(toggle, EMPTY_DIGEST);
        expect(digests.toReversed().reduce(toggle, EMPTY_DIGEST)).toEqual(sum);
        expect(new Set(digests.map(formatDigest)).size).toBe(services.length);
        expect(formatDigest(sum)).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });
});
