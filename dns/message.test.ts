/** Bytes on the wire. The octets of the hand-made ones are those of RFC 1035 4 and RFC 6891 6.1. */
import { decode, encode, type DecodedPacket, type Packet, type Question } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { Zone } from './decide/answer-question.ts';
import { headless, service, slice, zoneOf } from './decide/testing/sample-zone.ts';
import type { Transport } from './message.ts';
import { respond } from './respond.ts';

const WEB = 'web.test.svc.clusterset.local';
const ZONE = zoneOf([service()]);
const OPT = {
  name: '.',
  type: 'OPT',
  udpPayloadSize: 1232,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  options: [],
};
const HEADER = 12;

function query(over: Partial<Packet> = {}, name = WEB, type = 'A'): Buffer {
  return encode({ type: 'query', id: 4711, flags: 0x100, questions: [{ name, type } as Question], ...over });
}
const withOpt = (over: object = {}): Partial<Packet> => ({ additionals: [{ ...OPT, ...over }] as never });

function reply(
  message: Buffer,
  zone: Zone = ZONE,
  transport: Transport = 'udp',
): DecodedPacket & { rcode: string } {
  const response = respond(zone, message, transport);
  if (response.kind === 'silence') throw new Error(`is silent: ${response.reason}`);
  return { rcode: '', ...decode(response.bytes) };
}
/** As `query`, with these bytes at these places. */
function changed(message: Buffer, changes: Readonly<Record<number, number>>): Buffer {
  const copy = Buffer.from(message);
  for (const [at, byte] of Object.entries(changes)) copy[Number(at)] = byte;
  return copy;
}
const optOf = ({ additionals = [] }: Packet) => additionals.find(({ type }) => type === 'OPT');

describe('a reply', () => {
  it('has the id, the question in its own letters, and RD as asked; AA, and never RA', () => {
    const name = 'wEB.tEst.SVC.clusterset.LOCAL';
    const got = reply(query({}, name));
    expect(got).toMatchObject({ id: 4711, type: 'response', flag_aa: true, flag_rd: true, flag_ra: false });
    expect(got.questions).toEqual([{ name, type: 'A', class: 'IN' }]);
    expect(got.answers).toMatchObject([{ name, type: 'A', ttl: 5, data: '10.42.42.42' }]);
    expect(reply(query({ flags: 0 })).flag_rd).toBe(false);
  });

  it('says NXDOMAIN, NODATA and REFUSED as the zone does', () => {
    expect(reply(query({}, 'absent.test.svc.clusterset.local'))).toMatchObject({
      rcode: 'NXDOMAIN',
      flag_aa: true,
    });
    expect(reply(query({}, WEB, 'AAAA'))).toMatchObject({
      rcode: 'NOERROR',
      authorities: [{ type: 'SOA', ttl: 5 }],
    });
    expect(reply(query({}, 'example.com'))).toMatchObject({ rcode: 'REFUSED', flag_aa: false });
  });

  it('has an OPT record where the query has one, and only there (RFC 6891)', () => {
    expect(optOf(reply(query(withOpt())))).toMatchObject({ udpPayloadSize: 1232, ednsVersion: 0 });
    expect(optOf(reply(query()))).toBeUndefined();
  });

  it('says BADVERS to a later EDNS', () => {
    const got = reply(query(withOpt({ ednsVersion: 1 })));
    expect([got.rcode, optOf(got)]).toMatchObject(['NOERROR', { extendedRcode: 1 }]);
    expect(got.answers).toEqual([]);
  });

  it('says NOTIMP to what is no query', () => {
    for (const opcode of [1, 2, 4, 5, 15]) expect(reply(query({ flags: opcode << 11 })).rcode).toBe('NOTIMP');
  });

  it('says FORMERR to no question and to several', () => {
    const question: Question = { name: WEB, type: 'A' };
    for (const questions of [[], [question, question]]) {
      const got = reply(query({ questions }));
      expect(got).toMatchObject({ id: 4711, rcode: 'FORMERR', answers: [] });
    }
  });

  it('says REFUSED to a class that nobody knows', () => {
    expect(reply(changed(query(), { [query().length - 2]: 0x77 })).rcode).toBe('REFUSED');
  });
});

describe('a malformed query', () => {
  const malformed: Readonly<Record<string, Buffer>> = {
    'a name that never ends': query().subarray(0, HEADER + 5),
    'a pointer to itself': changed(query(), { [HEADER]: 0xc0, [HEADER + 1]: HEADER }),
    'a pointer forward': changed(query(), { [HEADER]: 0xc0, [HEADER + 1]: 0xff }),
    'a label of an unknown kind': changed(query(), { [HEADER]: 0x80 }),
    'a dot inside a label': changed(query(), { [HEADER + 1]: 0x2e }),
    'octets that are no text': changed(query(), { [HEADER + 1]: 0xff }),
    'no type': query().subarray(0, -4),
    'records that are counted and not there': changed(query(), { 11: 1 }),
    answers: changed(query(), { 7: 1 }),
    '65,535 questions': changed(query(), { 4: 255, 5: 255 }),
    'two OPT records': query({ additionals: [OPT, OPT] as never }),
    'an OPT record that is too long for the packet': changed(query(withOpt()), {
      [query(withOpt()).length - 1]: 200,
    }),
  };

  it.each(Object.entries(malformed))('%s: FORMERR', (_, message) => {
    for (const transport of ['udp', 'tcp'] as const) {
      const got = reply(message, ZONE, transport);
      expect([got.id, got.rcode, got.answers]).toEqual([4711, 'FORMERR', []]);
    }
  });

  it('gets no answer where it is no query at all', () => {
    const silent = (message: Buffer) => respond(ZONE, message, 'udp');
    expect(silent(Buffer.alloc(0))).toEqual({ kind: 'silence', reason: 'short' });
    expect(silent(query().subarray(0, HEADER - 1))).toEqual({ kind: 'silence', reason: 'short' });
    expect(silent(encode({ type: 'response', id: 1 }))).toEqual({ kind: 'silence', reason: 'response' });
    expect(silent(Buffer.concat([query(), Buffer.alloc(1232)]))).toEqual({
      kind: 'silence',
      reason: 'oversized',
    });
  });
});

describe('a reply that does not fit', () => {
  const pods = (count: number): Zone =>
    headless(
      slice(
        'east',
        ...Array.from({ length: count }, (_, i) => ({ address: `10.0.0.${i}`, hostname: `pod-${i}` })),
      ),
    );
  const sized = (message: Buffer, transport: Transport, count: number) => {
    const response = respond(pods(count), message, transport);
    if (response.kind === 'silence') throw new Error(response.reason);
    return { bytes: response.bytes.length, packet: decode(response.bytes) };
  };

  it.each([
    ['512 octets without EDNS', {}, 512],
    ['what the asker takes', withOpt({ udpPayloadSize: 900 }), 900],
    ['1232 octets, whatever the asker takes', withOpt({ udpPayloadSize: 65_535 }), 1232],
    ['512 octets, whatever the asker takes', withOpt({ udpPayloadSize: 1 }), 512],
  ])('is cut to %s, and says so', (_, over, most) => {
    const { bytes, packet } = sized(query(over), 'udp', 200);
    expect(bytes).toBeLessThanOrEqual(most);
    expect(bytes).toBeGreaterThan(most - 60);
    expect(packet.flag_tc).toBe(true);
  });

  it('is whole by TCP', () => {
    const { packet } = sized(query(), 'tcp', 200);
    expect([packet.flag_tc, packet.answers?.length]).toEqual([false, 200]);
  });

  it('goes without its additional records first, and then is not cut (RFC 2181 9)', () => {
    const { packet } = sized(query({}, `_https._tcp.${WEB}`, 'SRV'), 'udp', 3);
    expect([packet.flag_tc, packet.answers?.length, packet.additionals]).toEqual([false, 3, []]);
  });

  it('stays within what TCP can carry', () => {
    const many = Array.from({ length: 64 }, (_, i) => ({ name: `p${i}`, protocol: 'tcp', port: i + 1 }));
    const { endpoints } = slice('east', ...Array.from({ length: 250 }, (_, i) => ({ hostname: `pod-${i}` })));
    const zone = headless({ ...slice('east'), endpoints, ports: many });
    const response = respond(zone, query({}, WEB, 'SRV'), 'tcp');
    if (response.kind === 'silence') throw new Error(response.reason);
    expect(response.bytes.length).toBeLessThanOrEqual(65_535);
    expect(decode(response.bytes).flag_tc).toBe(true);
  });
});
