/**
 * Messages to the DNS server: whatever comes, it is answered in bounds or not at all, with the octets of the question as
 * they came, and with nothing that is not in the zone; and a stream is cut into the same messages however it comes.
 */
import { decode, encode, type Packet, type Question } from 'dns-packet';
import { headless, service, slice, zoneOf } from '../../dns/decide/testing/sample-zone.ts';
import type { Zone } from '../../dns/decide/answer-question.ts';
import { createFrameReader, framed } from '../../dns/frame-reader.ts';
import { respond, type Response } from '../../dns/respond.ts';
import { cutsOf } from '../pieces.ts';
import { must, mustEqual, type Target } from '../target.ts';

const WEB = 'web.test.svc.clusterset.local';
const HEADER_BYTES = 12;
const [PLAIN_BYTES, MOST_BYTES] = [512, 1232];
const PODS = Array.from({ length: 40 }, (_, i) => ({ address: `10.0.0.${i}`, hostname: `pod-${i}` }));
const ZONES: readonly Zone[] = [
  zoneOf([service({ ips: ['10.42.42.42', '2001:db8::1'] })]),
  headless(slice('east', ...PODS), slice('west', { address: '2001:db8::7' })),
];
const ADDRESSES = new Set([
  '10.42.42.42',
  '2001:db8::1',
  '2001:db8::7',
  ...PODS.map(({ address }) => address),
]);

function query(name: string, type: string, over: Partial<Packet> = {}): Buffer {
  return encode({ type: 'query', id: 4711, flags: 0x100, questions: [{ name, type } as Question], ...over });
}
const OPT = { name: '.', type: 'OPT', udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0x8000 };
const edns = (options: object = []): Partial<Packet> => ({ additionals: [{ ...OPT, options }] as never });

export const dnsQuery: Target = {
  name: 'dns-query',
  sources: ['dns/'],
  seeds: () => [
    ...['A', 'AAAA', 'SRV', 'ANY', 'MX', 'AXFR'].map((type) => query(WEB, type)),
    query('wEb.TEST.svc.clusterset.LOCAL', 'A', edns()),
    query(`_https._tcp.${WEB}`, 'SRV', edns([{ code: 10, data: Buffer.alloc(8, 1) }])),
    query(`pod-7.east.${WEB}`, 'A', edns([{ code: 8, ip: '10.0.0.0', sourcePrefixLength: 24 }])),
    query('clusterset.local', 'SOA'),
    query('dns-version.clusterset.local', 'TXT'),
    query('example.com', 'A'),
    query('.', 'NS'),
    encode({ type: 'response', id: 1 }),
    framed(query(WEB, 'A')),
    // A name that points at itself, and one that points at the one before it.
    Buffer.concat([query('', 'A').subarray(0, HEADER_BYTES), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
    Buffer.concat([query('a', 'A', edns()), Buffer.from([0xc0, 12, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0])]),
  ],
  words: [
    ...['\xc0\x0c', '\xc0\x0d', '\xc0\xff', '\x3f', '\x40', '\x80', '\x00\x01\x00\x01', '\x00\x21\x00\x01'],
    ...[
      '\x00\xff\x00\x01',
      '\x00\x00\x29\x10\x00\x00\x00\x80\x00\x00\x00',
      '\x00\x08\x00\x07',
      '\x00\x0a\x00\x08',
    ],
    ...['\x03web', '\x04test', '\x03svc', '\x0aclusterset', '\x05local', '\x04east', '\x05pod-7', '\x04_tcp'],
  ],
  maxBytes: 2_000,
  cases: 4_000,
  check(input) {
    for (const zone of ZONES) {
      checkResponse(input, respond(zone, input, 'udp'), MOST_BYTES);
      checkResponse(input, respond(zone, input, 'tcp'), 65_535);
    }
    const whole = messagesIn([input]);
    for (const pieces of cutsOf(input)) mustEqual(messagesIn(pieces), whole, 'cuts make no difference');
  },
};

function checkResponse(input: Buffer, response: Response, most: number): void {
  const isQuery = input.length >= HEADER_BYTES && (input[2]! & 0x80) === 0 && input.length <= MOST_BYTES;
  mustEqual(response.kind === 'reply', isQuery, 'a query is answered, and nothing else is');
  if (response.kind === 'silence') return;
  const { bytes } = response;
  const reply = decode(bytes);
  mustEqual(
    [reply.id, reply.flag_qr, reply.flag_ra],
    [input.readUInt16BE(0), true, false],
    'it is a reply to it',
  );
  const hasOption = reply.additionals?.some(({ type }) => type === 'OPT') === true;
  must(
    bytes.length <= (most === MOST_BYTES && !hasOption ? PLAIN_BYTES : most),
    'it is in bounds',
    bytes.length,
  );
  const { questions = [], answers = [] } = reply;
  must(questions.length <= 1, 'it has no other question');
  if (questions.length === 0) return must(answers.length === 0, 'who is not understood is not answered');
  const end = encode({ questions }).length;
  must(
    bytes.subarray(HEADER_BYTES, end).equals(input.subarray(HEADER_BYTES, end)),
    'it has the octets of the question',
  );
  for (const answer of answers) {
    mustEqual(answer.name, questions[0]?.name, 'it answers what was asked');
    if (answer.type === 'A' || answer.type === 'AAAA')
      must(ADDRESSES.has(answer.data), 'it is in the zone', answer);
  }
}

function messagesIn(pieces: readonly Buffer[]): readonly string[] {
  const reader = createFrameReader();
  const read: string[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    let frame = reader.next();
    for (; frame.kind === 'message'; frame = reader.next()) read.push(frame.bytes.toString('hex'));
    if (frame.kind === 'oversized') return [...read, 'oversized'];
  }
  return read;
}
