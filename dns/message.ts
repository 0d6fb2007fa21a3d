/**
 * Queries and replies on the wire (RFC 1035, 6891), by dns-packet. Whatever comes is read or refused: a query is small, so
 * what is larger, or has sections that no query has, is not even decoded.
 */
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  encodingLength,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  type Answer,
  type DecodedPacket,
  type Packet,
  type Question as WireQuestion,
} from 'dns-packet';
import type { Question, Reply } from './decide/records.ts';

/** What passes every path without fragments (DNS flag day 2020); no query is larger. */
export const UDP_BYTES = 1232;
const PLAIN_UDP_BYTES = 512;
const TCP_BYTES = 65_535;
const HEADER_BYTES = 12;
const MAX_ADDITIONALS = 4;

/** BADVERS stands in the OPT record (RFC 6891 6.1.3). */
const RCODES = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;
export type WireRcode = keyof typeof RCODES;
export type Transport = 'udp' | 'tcp';

/** Why nothing is answered. */
export type Silence = 'short' | 'response' | 'oversized';

export type Read =
  | { readonly kind: 'query'; readonly query: Query & { readonly question: Question } }
  /** Answered with this code and nothing else. */
  | { readonly kind: 'refused'; readonly query: Query; readonly rcode: WireRcode }
  | { readonly kind: 'silence'; readonly reason: Silence };

export interface Query {
  readonly id: number;
  /** Opcode and RD, which go back as they came. */
  readonly flags: number;
  /** Absent where it could not be read, or not be said again in the same octets. */
  readonly question?: Question;
  /** Of the asker's OPT record; absent: it has none. */
  readonly udpBytes?: number;
}

const OPCODE_BITS = 0x7800;

export function readQuery(bytes: Buffer): Read {
  if (bytes.length < HEADER_BYTES) return { kind: 'silence', reason: 'short' };
  const flags = bytes.readUInt16BE(2);
  // Two servers that answer answers would never stop.
  if ((flags & 0x8000) !== 0) return { kind: 'silence', reason: 'response' };
  if (bytes.length > UDP_BYTES) return { kind: 'silence', reason: 'oversized' };
  const query = { id: bytes.readUInt16BE(0), flags: flags & (OPCODE_BITS | RECURSION_DESIRED) };
  if ((flags & OPCODE_BITS) !== 0) return { kind: 'refused', query, rcode: 'NOTIMP' };
  const packet = decoded(bytes);
  return packet === undefined ? { kind: 'refused', query, rcode: 'FORMERR' } : checked(packet, query, bytes);
}

function decoded(bytes: Buffer): DecodedPacket | undefined {
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  if (questions !== 1 || answers !== 0 || authorities !== 0 || (additionals ?? 0) > MAX_ADDITIONALS)
    return undefined;
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

function checked({ questions = [], additionals = [] }: DecodedPacket, bare: Query, bytes: Buffer): Read {
  const [asked] = questions;
  const options = additionals.flatMap((record) => (record.type === 'OPT' ? [record] : []));
  const [option] = options;
  const question = asked !== undefined && isSaidAgain(asked, bytes) ? readQuestion(asked) : undefined;
  const query = {
    ...bare,
    ...(question === undefined ? {} : { question }),
    ...(option === undefined ? {} : { udpBytes: option.udpPayloadSize }),
  };
  const refused = (rcode: WireRcode): Read => ({ kind: 'refused', query, rcode });
  if (options.length > 1 || (option !== undefined && option.name !== '.')) return refused('FORMERR');
  if (option !== undefined && option.ednsVersion !== 0) return refused('BADVERS');
  if (asked?.class?.startsWith('UNKNOWN') === true) return refused('REFUSED');
  return question === undefined ? refused('FORMERR') : { kind: 'query', query: { ...query, question } };
}

/** Not so for labels with dots or octets beyond ASCII in them, which are no names of hosts. */
function isSaidAgain(question: WireQuestion, bytes: Buffer): boolean {
  const again = encode({ type: 'query', questions: [question] }).subarray(HEADER_BYTES);
  return again.equals(bytes.subarray(HEADER_BYTES, HEADER_BYTES + again.length));
}

function readQuestion({ name, type, class: ofClass = 'IN' }: WireQuestion): Question {
  return { name, type, class: ofClass };
}

/** Without records that must be there it says so (TC), and the asker comes again by TCP. */
export function writeReply(query: Query, reply: Reply, transport: Transport): Buffer {
  const packet = {
    ...shell(query, reply.rcode),
    answers: [...reply.answers],
    authorities: [...reply.authorities],
  };
  if (reply.isAuthoritative) packet.flags |= AUTHORITATIVE_ANSWER;
  const most = transport === 'tcp' ? TCP_BYTES : udpLimit(query);
  const whole = { ...packet, additionals: [...reply.additionals, ...packet.additionals] };
  if (encodingLength(whole) <= most) return encode(whole);
  if (encodingLength(packet) <= most) return encode(packet);
  let left = most - encodingLength({ ...packet, answers: [] });
  const fitting = packet.answers.findIndex((answer) => (left -= lengthOf(answer)) < 0);
  return encode({
    ...packet,
    flags: packet.flags | TRUNCATED_RESPONSE,
    answers: packet.answers.slice(0, fitting),
  });
}

export function writeRefusal(query: Query, rcode: WireRcode): Buffer {
  return encode(shell(query, rcode));
}

/** What every reply has: the question as it was asked, and an OPT record for one. */
function shell({ id, flags, question, udpBytes }: Query, rcode: WireRcode): Shell {
  const code = RCODES[rcode];
  const option = {
    ...{ name: '.', type: 'OPT', udpPayloadSize: UDP_BYTES, extendedRcode: code >> 4 },
    ...{ ednsVersion: 0, flags: 0, options: [] },
  } as unknown as Answer;
  return {
    ...{ type: 'response', id, flags: flags | (code & 15) },
    questions: question === undefined ? [] : [question as WireQuestion],
    additionals: udpBytes === undefined ? [] : [option],
  };
}

interface Shell extends Packet {
  readonly flags: number;
  readonly questions: WireQuestion[];
  readonly additionals: Answer[];
}

function udpLimit({ udpBytes = PLAIN_UDP_BYTES }: Query): number {
  return Math.min(Math.max(udpBytes, PLAIN_UDP_BYTES), UDP_BYTES);
}

function lengthOf(answer: Answer): number {
  return encodingLength({ answers: [answer] }) - HEADER_BYTES;
}
