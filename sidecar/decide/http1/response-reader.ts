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

/** `HTTP/1.1 200 OK`: the blank after the status may be missing where there is no reason (many servers). */
const STATUS_LINE = /^(HTTP\/1\.[01]) ([1-5][0-9]{2})(?: (.*))?$/;

function buildResponse(text: string, scan: HeadScan, asked: Asked): ResponseHead | Refusal {
  const [, versionText = '', statusText = '', reason = ''] =
    STATUS_LINE.exec(text.slice(0, scan.spans[0])) ?? [];
  const version = readVersion(versionText);
  if (version === undefined) return malformed('the status line is not one of HTTP/1.0 or HTTP/1.1');
  const status = Number(statusText);
  const table = readFields(text, scan, START_SPANS.response);
  if (status < 200 && (version === '1.0' || !keepsAlive(table, version)))
    return malformed('an informational answer ends the connection, or is of HTTP/1.0');
  const stated = statedFraming(table, version);
  if (stated?.kind === 'refused') return stated;
  if (status === 101 && asked.upgrade === undefined) return malformed('it switches protocols unasked');
  const framing = framingOf(status, asked, stated);
  return {
    ...{ status, reason, version, framing, headers: table.headers },
    contentLength: parseLength(table.contentLength ?? ''),
    keepAlive: framing.kind !== 'until-close' && framing.kind !== 'tunnel' && keepsAlive(table, version),
    upgrade: status === 101 ? 'websocket' : undefined,
  };
}

function framingOf(status: number, { method }: Asked, stated: Framing | undefined): Framing {
  if (status === 101) return { kind: 'tunnel' };
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return NO_BODY;
  return stated ?? { kind: 'until-close' };
}
