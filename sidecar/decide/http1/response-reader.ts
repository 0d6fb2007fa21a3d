/** Reads response heads. */
import { readFields } from './field-table.ts';
import { createHeadScan, restartHeadScan, scanHead, START_SPANS, type HeadScan } from './head-scan.ts';
import type { Framing, ResponseHead } from './head.ts';
import { NO_BODY, parseLength, statedFraming } from './message-length.ts';
import { asUpstream, malformed, type Refusal } from './refusal.ts';
import { keepsAlive, NEED_MORE, readVersion, type ReadHead } from './request-reader.ts';

/** What the request was: it tells what the answer can be. */
export interface Asked {
  readonly method: string;
  readonly upgrade: 'websocket' | undefined;
}

export interface ResponseReader {
  /** As a request reader's `read`. Refusals are those of a bad gateway. */
  read(bytes: Buffer, at: number, asked: Asked): ReadHead<ResponseHead>;
}

export function createResponseReader(): ResponseReader {
  const scan = createHeadScan('response');
  return {
    read(bytes, at, asked) {
      const view = at === 0 ? bytes : bytes.subarray(at);
      const complete = scanHead(scan, view, { start: 0, end: view.length, section: 'response' });
      if (scan.refusal !== undefined) return asUpstream(scan.refusal);
      if (!complete) return NEED_MORE;
      const head = buildResponse(view.toString('latin1', 0, scan.pos), scan, asked);
      const end = at + scan.pos;
      restartHeadScan(scan, 'response', 0);
      return 'kind' in head ? asUpstream(head) : { kind: 'found', head, end };
    },
  };
}

function buildResponse(text: string, scan: HeadScan, asked: Asked): ResponseHead | Refusal {
  const lineEnd = scan.spans[0] ?? 0;
  const version = readVersion(text.slice(0, VERSION_LENGTH));
  const status = readStatus(text, lineEnd);
  if (version === undefined || status === undefined)
    return malformed('the status line is not one of HTTP/1.0 or HTTP/1.1');
  const reason = text.slice(REASON_AT, lineEnd);
  const table = readFields(text, scan, START_SPANS.response);
  if (status < 200 && (version === '1.0' || !keepsAlive(table, version)))
    return malformed('an informational answer ends the connection, or is of HTTP/1.0');
  const stated = statedFraming(table, version);
  if (stated?.kind === 'refused') return stated;
  if (status === 101 && asked.upgrade === undefined) return malformed('it switches protocols unasked');
  const framing = framingOf(status, asked, stated);
  return {
    status,
    reason,
    version,
    headers: table.headers,
    framing,
    contentLength: parseLength(table.contentLength ?? ''),
    keepAlive: framing.kind !== 'until-close' && framing.kind !== 'tunnel' && keepsAlive(table, version),
    upgrade: status === 101 ? 'websocket' : undefined,
  };
}

const VERSION_LENGTH = 'HTTP/1.1'.length;
const STATUS_AT = 'HTTP/1.1 '.length;
const REASON_AT = 'HTTP/1.1 200 '.length;

/** 100-599. The blank after it may be missing where there is no reason (many servers). */
function readStatus(text: string, lineEnd: number): number | undefined {
  const status = parseLength(text.slice(STATUS_AT, STATUS_AT + 3)) ?? 0;
  if (text[STATUS_AT - 1] !== ' ' || status < 100 || status > 599) return undefined;
  return lineEnd === REASON_AT - 1 || text[REASON_AT - 1] === ' ' ? status : undefined;
}

function framingOf(status: number, { method }: Asked, stated: Framing | undefined): Framing {
  if (status === 101) return { kind: 'tunnel' };
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return NO_BODY;
  return stated ?? { kind: 'until-close' };
}
