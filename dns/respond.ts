/** From the bytes of one message to those of its reply; for UDP and TCP alike. */
import { answerQuestion, type Zone } from './decide/answer-question.ts';
import {
  readQuery,
  writeRefusal,
  writeReply,
  type Silence,
  type Transport,
  type WireRcode,
} from './message.ts';

export type Response =
  | { readonly kind: 'reply'; readonly rcode: WireRcode; readonly bytes: Buffer }
  | { readonly kind: 'silence'; readonly reason: Silence };

export function respond(zone: Zone, message: Buffer, transport: Transport): Response {
  const read = readQuery(message);
  if (read.kind === 'silence') return read;
  if (read.kind === 'refused')
    return { kind: 'reply', rcode: read.rcode, bytes: writeRefusal(read.query, read.rcode) };
  const reply = answerQuestion(zone, read.query.question);
  return { kind: 'reply', rcode: reply.rcode, bytes: writeReply(read.query, reply, transport) };
}
