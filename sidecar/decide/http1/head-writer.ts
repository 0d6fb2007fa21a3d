/** Writes heads from the model, in one spelling. The text is Latin-1. */
import type { ReasonCode } from '../../../mesh/model/reason.ts';
import { formatTarget, type Framing, type HeaderList, type RequestHead, type ResponseHead } from './head.ts';

export const REASON_HEADER = 'x-isthmus-reason';

/** Always HTTP/1.1, and for a connection that stays open. */
export function writeRequestHead(head: RequestHead): string {
  let text = `${head.method} ${formatTarget(head)} HTTP/1.1\r\nhost: ${head.host}\r\n`;
  text += fieldLines(head.headers);
  text += framingLine(head.framing, undefined);
  if (head.expectContinue) text += 'expect: 100-continue\r\n';
  return head.upgrade === undefined
    ? `${text}\r\n`
    : `${text}connection: upgrade\r\nupgrade: websocket\r\n\r\n`;
}

/** The framing in which the answer to `request` is sent on: what HTTP/1.0 cannot read ends with the connection. */
export function framingFor({ framing }: ResponseHead, request: RequestHead): Framing {
  if (framing.kind === 'chunked' && request.version === '1.0') return { kind: 'until-close' };
  if (framing.kind === 'until-close' && request.version === '1.1') return { kind: 'chunked' };
  return framing;
}

/** `framing` as framingFor gives it. */
export function writeResponseHead(head: ResponseHead, keepAlive: boolean, framing = head.framing): string {
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
  text += fieldLines(head.headers);
  if (head.status >= 200) text += framingLine(framing, head.status === 204 ? undefined : head.contentLength);
  if (head.upgrade !== undefined) return `${text}connection: upgrade\r\nupgrade: websocket\r\n\r\n`;
  return keepAlive || head.status < 200 ? `${text}\r\n` : `${text}connection: close\r\n\r\n`;
}

function fieldLines(headers: HeaderList): string {
  let text = '';
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}

/** `stated`: the length of a body that is not sent, as of HEAD. */
function framingLine(framing: Framing, stated: number | undefined): string {
  if (framing.kind === 'chunked') return 'transfer-encoding: chunked\r\n';
  if (framing.kind === 'length') return `content-length: ${framing.length}\r\n`;
  return framing.kind === 'none' && stated !== undefined ? `content-length: ${stated}\r\n` : '';
}

const PHRASES: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [403, 'Forbidden'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [414, 'URI Too Long'],
  [417, 'Expectation Failed'],
  [421, 'Misdirected Request'],
  [431, 'Request Header Fields Too Large'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
  [505, 'HTTP Version Not Supported'],
]);

export interface OwnAnswer {
  readonly status: number;
  readonly reason: ReasonCode;
  readonly keepAlive: boolean;
  /** What is answered is a HEAD: no body. */
  readonly isHead: boolean;
}

/** A whole answer that this proxy makes itself. */
export function writeOwnAnswer({ status, reason, keepAlive, isHead }: OwnAnswer): string {
  const body = `${reason}\n`;
  const phrase = PHRASES.get(status) ?? '';
  const close = keepAlive ? '' : 'connection: close\r\n';
  const head = `HTTP/1.1 ${status} ${phrase}\r\n${REASON_HEADER}: ${reason}\r\ncontent-type: text/plain\r\n`;
  return `${head}content-length: ${body.length}\r\n${close}\r\n${isHead ? '' : body}`;
}
