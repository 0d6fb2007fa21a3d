/** Names are those of the examples of the specification, as far as they go. M.. and S.. are lines of KEP-1645's checklist. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerQuestion, type Zone } from './answer-question.ts';
import type { ImportedSlice } from './imported.ts';
import type { Reply } from './records.ts';
import { headless, HTTPS, service, slice, zoneOf } from './testing/sample-zone.ts';

const WEB = 'web.test.svc.clusterset.local';
const ask = (zone: Zone, name: string, type = 'A'): Reply =>
  answerQuestion(zone, { name, type, class: 'IN' });

/** Records in the form of a zone file. */
function lines(records: Reply['answers']): readonly string[] {
  return records.map(({ name, ttl, type, data }) => {
    const text = typeof data === 'string' ? data : Object.values(data).join(' ');
    return `${name} ${ttl} ${type} ${text}`;
  });
}
const data = (zone: Zone, name: string, type?: string): readonly string[] =>
  lines(ask(zone, name, type).answers).map((line) => line.split(' ').slice(3).join(' '));
const srv = (zone: Zone, name: string): readonly string[] =>
  data(zone, name, 'SRV').map((text) => text.split(' ').slice(2).join(' '));

function expectNoName(zone: Zone, name: string, type?: string): void {
  const reply = ask(zone, name, type);
  expect([name, reply.rcode, reply.isAuthoritative, reply.answers]).toEqual([name, 'NXDOMAIN', true, []]);
  expect(reply.authorities.map((record) => `${record.name} ${record.type}`)).toEqual([
    'clusterset.local SOA',
  ]);
}
/** The name is there, but not with such a record. */
function expectNoData(zone: Zone, name: string, type?: string): void {
  const reply = ask(zone, name, type);
  expect([name, reply.rcode, reply.isAuthoritative, reply.answers]).toEqual([name, 'NOERROR', true, []]);
  expect(reply.authorities.map((record) => `${record.name} ${record.type}`)).toEqual([
    'clusterset.local SOA',
  ]);
}

describe('the zone', () => {
  const zone = zoneOf([service()]);

  it('M33: is clusterset.local, and nothing else', () => {
    expect(data(zone, 'clusterset.local', 'SOA')).toEqual([
      'isthmus-dns.isthmus-system.svc.cluster.local hostmaster.clusterset.local 1 7200 1800 86400 5',
    ]);
    expect(data(zone, 'clusterset.local', 'NS')).toEqual(['isthmus-dns.isthmus-system.svc.cluster.local']);
    for (const name of ['web.test.svc.cluster.local', 'local', '', 'example.com', 'xclusterset.local']) {
      const reply = ask(zone, name);
      expect([name, reply.rcode, reply.isAuthoritative]).toEqual([name, 'REFUSED', false]);
      expect([...reply.answers, ...reply.authorities]).toEqual([]);
    }
  });

  it('M36: tells the version of its schema', () => {
    expect(lines(ask(zone, 'dns-version.clusterset.local', 'TXT').answers)).toEqual([
      'dns-version.clusterset.local 28800 TXT 1.0.0',
    ]);
    expectNoData(zone, 'dns-version.clusterset.local', 'A');
  });

  it('has the names that others stand below, without records (RFC 4592 2.2.2)', () => {
    for (const name of [
      'clusterset.local',
      'svc.clusterset.local',
      'test.svc.clusterset.local',
      `_tcp.${WEB}`,
    ])
      expectNoData(zone, name);
    for (const name of [
      'other.svc.clusterset.local',
      'other.clusterset.local',
      `_udp.${WEB}`,
      `a.b.c.${WEB}`,
    ])
      expectNoName(zone, name);
  });

  it('tells a name that is not there from one without such a record (RFC 2308)', () => {
    expectNoData(zone, WEB, 'AAAA');
    expectNoData(zone, WEB, 'MX');
    expectNoData(zone, `_https._tcp.${WEB}`, 'A');
    expectNoName(zone, 'absent.test.svc.clusterset.local');
    expectNoName(zone, 'test.clusterset.local');
  });

  it('knows names in letters of any case, and says them as they were asked', () => {
    const name = 'wEb.TEST.svc.ClusterSet.LOCAL';
    expect(lines(ask(zone, name).answers)).toEqual([`${name} 5 A 10.42.42.42`]);
  });

  it('answers ANY with as little as is right (RFC 8482)', () => {
    expect(lines(ask(zone, WEB, 'ANY').answers)).toEqual([`${WEB} 5 HINFO RFC8482 `]);
    expectNoName(zone, 'absent.test.svc.clusterset.local', 'ANY');
  });

  it('is not transferred, and has no other class', () => {
    expect(ask(zone, 'clusterset.local', 'AXFR').rcode).toBe('REFUSED');
    expect(answerQuestion(zone, { name: WEB, type: 'A', class: 'CH' }).rcode).toBe('REFUSED');
  });
});

describe('a service with clusterset IPs', () => {
  it('M34: has a record for each, by its family', () => {
    const zone = zoneOf([service({ ips: ['10.42.42.42', '2001:db8::1'] })]);
    expect(lines(ask(zone, WEB).answers)).toEqual([`${WEB} 5 A 10.42.42.42`]);
    expect(lines(ask(zone, WEB, 'AAAA').answers)).toEqual([`${WEB} 5 AAAA 2001:db8::1`]);
  });

  it('M35: has a record for each port with a name', () => {
    const ports = [
      HTTPS,
      { name: 'dns', protocol: 'udp', port: 53 },
      { name: '', protocol: 'tcp', port: 80 },
    ];
    const zone = zoneOf([service({ ports })]);
    expect(srv(zone, `_https._tcp.${WEB}`)).toEqual([`443 ${WEB}`]);
    expect(srv(zone, `_dns._udp.${WEB}`)).toEqual([`53 ${WEB}`]);
    expect(srv(zone, WEB)).toEqual([`443 ${WEB}`, `53 ${WEB}`]);
    expectNoName(zone, `_dns._tcp.${WEB}`, 'SRV');
  });

  it('O5: has one record for two ports of one number at its own name', () => {
    const ports = [
      { name: 'tcp', protocol: 'tcp', port: 42 },
      { name: 'udp', protocol: 'udp', port: 42 },
    ];
    expect(srv(zoneOf([service({ ports })]), WEB)).toEqual([`42 ${WEB}`]);
  });

  it('M38: has no name for one of its clusters', () => {
    const zone = zoneOf([service()], [slice('east', { hostname: 'pod-0' })]);
    expectNoName(zone, `east.${WEB}`);
    expectNoName(zone, `pod-0.east.${WEB}`);
  });

  it('is there without records while it has no address yet', () => {
    const zone = zoneOf([service({ ips: [] })]);
    for (const type of ['A', 'AAAA', 'SRV']) expectNoData(zone, WEB, type);
  });
});

describe('a headless service', () => {
  const zone = headless(
    slice('east', { address: '10.3.0.100', hostname: 'pod-0' }, { address: '10.3.0.101', isReady: false }),
    slice('east', { address: '2001:db8::100', hostname: 'pod-0' }),
    slice('west', { address: '10.3.1.7' }, { address: '2001:db8::' }),
  );

  it('M38: has no name for one of its clusters', () => {
    for (const cluster of ['east', 'west']) expectNoName(zone, `${cluster}.${WEB}`);
  });

  it('M39: has the addresses of its ready endpoints', () => {
    expect(data(zone, WEB)).toEqual(['10.3.0.100', '10.3.1.7']);
    expect(data(zone, WEB, 'AAAA')).toEqual(['2001:db8::100', '2001:db8::']);
  });

  it('M39: gives hosts of one subset for both families, of all clusters in turn', () => {
    const pods = Array.from({ length: 300 }, (_, i) => i);
    const large = headless(
      slice('east', ...pods.map((i) => ({ address: `10.1.${i >> 8}.${i & 255}`, hostname: `pod-${i}` }))),
      slice('east', ...pods.map((i) => ({ address: `2001:db8::${i.toString(16)}`, hostname: `pod-${i}` }))),
      slice('west', { address: '10.2.0.1', hostname: 'only' }),
    );
    expect(data(large, WEB)).toContain('10.2.0.1');
    expect(data(large, WEB)).toHaveLength(250);
    expect(data(large, WEB, 'AAAA')).toHaveLength(249);
    for (const i of pods) {
      const name = `pod-${i}.east.${WEB}`;
      expect(data(large, name)).toHaveLength(data(large, name, 'AAAA').length);
    }
  });

  it('M40: has all addresses of each host by its name', () => {
    expect(data(zone, `pod-0.east.${WEB}`)).toEqual(['10.3.0.100']);
    expect(data(zone, `pod-0.east.${WEB}`, 'AAAA')).toEqual(['2001:db8::100']);
    expectNoName(zone, `pod-0.west.${WEB}`);
    const two = headless(
      slice('east', { hostname: 'a', address: '10.0.0.1' }, { hostname: 'a', address: '10.0.0.2' }),
    );
    expect(data(two, `a.east.${WEB}`)).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('M41: names a host itself only where no name is given', () => {
    expect(data(zone, `10-3-1-7.west.${WEB}`)).toEqual(['10.3.1.7']);
    expect(data(zone, `2001-db8--0.west.${WEB}`, 'AAAA')).toEqual(['2001:db8::']);
    expectNoName(zone, `10-3-0-100.east.${WEB}`);
    expectNoName(zone, `10-3-0-101.east.${WEB}`);
  });

  it('M42: has a record for each ready endpoint and named port', () => {
    const http = { name: 'http', protocol: 'tcp', port: 80 };
    const ports = [HTTPS, http, { name: '', protocol: 'tcp', port: 9 }];
    const east = {
      ...slice('east', { hostname: 'a' }, { hostname: 'b' }, { hostname: 'c', isReady: false }),
      ports,
    };
    const both = headless(east, { ...slice('west', { hostname: 'a' }), ports });
    const hosts = ['a.east', 'a.west', 'b.east'];
    expect(srv(both, `_https._tcp.${WEB}`)).toEqual(hosts.map((host) => `443 ${host}.${WEB}`));
    expect(srv(both, `_http._tcp.${WEB}`)).toEqual(hosts.map((host) => `80 ${host}.${WEB}`));
    expect(srv(both, WEB)).toHaveLength(hosts.length * 2);
  });

  it('S43: is not there without a ready endpoint, and its namespace not for it', () => {
    const idle = headless(slice('east', { isReady: false, hostname: 'a' }));
    for (const name of [WEB, `a.east.${WEB}`, `_https._tcp.${WEB}`, 'test.svc.clusterset.local'])
      expectNoName(idle, name);
  });

  it('S46: leaves out a host whose name would be longer than names may be', () => {
    const label = 'a'.repeat(63);
    const named = { namespace: label, name: label };
    const long = { ...slice('a'.repeat(59), { hostname: label }), namespace: label, service: label };
    const fits = { ...slice('east', { hostname: 'a' }), namespace: label, service: label };
    const zone = zoneOf([service({ ...named, isHeadless: true, ips: [] })], [long, fits]);
    expect(srv(zone, `${label}.${label}.svc.clusterset.local`)).toEqual([
      `443 a.east.${label}.${label}.svc.clusterset.local`,
    ]);
  });
});

it('O44: gives the addresses of what a record of a port leads to', () => {
  const zone = headless(slice('east', { hostname: 'a' }, { hostname: 'b', address: '2001:db8::b' }));
  expect(lines(ask(zone, `_https._tcp.${WEB}`, 'SRV').additionals)).toEqual([
    `a.east.${WEB} 5 A 10.3.0.100`,
    `b.east.${WEB} 5 AAAA 2001:db8::b`,
  ]);
  expect(ask(zone, WEB, 'A').additionals).toEqual([]);
});

it('M45: leaves cluster.local to the DNS of the cluster', () => {
  const zone = zoneOf([service()]);
  for (const name of ['web.test.svc.cluster.local', 'cluster.local', 'web.test.svc'])
    expect(ask(zone, name).rcode).toBe('REFUSED');
});

it('M39, M40, M42: has exactly the ready endpoints, whatever they are', () => {
  const endpoint = fc.record({
    address: fc.ipV4(),
    isReady: fc.boolean(),
    hostname: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
  });
  const slices = fc.array(fc.tuple(fc.constantFrom('east', 'west'), fc.array(endpoint, { maxLength: 5 })), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(slices, (drawn) => {
      const made = drawn.map(([cluster, endpoints]) =>
        slice(cluster, ...(endpoints as ImportedSlice['endpoints'])),
      );
      const zone = headless(...made);
      const ready = made.flatMap(({ endpoints }) => endpoints.filter(({ isReady }) => isReady));
      if (ready.length === 0) return expectNoName(zone, WEB);
      const addresses = new Set(ready.map(({ address }) => address));
      expect([...data(zone, WEB)].sort()).toEqual([...addresses].sort());
      const targets = srv(zone, `_https._tcp.${WEB}`).map((text) => text.split(' ')[1] ?? '');
      expect(new Set(targets.flatMap((target) => data(zone, target)))).toEqual(addresses);
      expect(new Set(targets).size).toBe(targets.length);
    }),
  );
});
