/** Reads request heads. */
import { canonicalAuthority, sameAuthority } from './authority.ts';
import { hasToken, readFields, type FieldTable } from './field-table.ts';
import { createHeadScan, restartHeadScan, scanHead, START_SPANS, type HeadScan } from './head-scan.ts';
import type { RequestHead, Target, Version } from './head.ts';
import { NO_BODY, statedFraming } from './message-length.ts';
import { canonicalPath } from './path.ts';
import { malformed, unsupported, type Refusal } from './refusal.ts';

export type ReadHead<T> =
  | { readonly kind: 'found'; readonly head: T; readonly end: number }
  | { readonly kind: 'need-more' }
  | Refusal;

export const NEED_MORE = { kind: 'need-more' } as const;

export interface RequestReader {
  /**
   * The head that starts at `at`; `end` is the byte after it. After `need-more`, call again with the same bytes and
   * more: what has been looked at is not looked at again.
   */
  read(bytes: Buffer, at: number): ReadHead<RequestHead>;
}

export function createRequestReader(): RequestReader {
  const scan = createHeadScan('request');
  return {
    read(bytes, at) {
      const view = at === 0 ? bytes : bytes.subarray(at);
      const complete = scanHead(scan, view, { start: 0, end: view.length, section: 'request' });
      if (scan.refusal !== undefined) return scan.refusal;
      if (!complete) return NEED_MORE;
      const head = buildRequest(view.toString('latin1', 0, scan.pos), scan);
      const end = at + scan.pos;
      restartHeadScan(scan, 'request', 0);
      return 'kind' in head ? head : { kind: 'found', head, end };
    },
  };
}

function buildRequest(text: string, scan: HeadScan): RequestHead | Refusal {
  const [methodEnd = 0, targetEnd = 0, versionEnd = 0] = scan.spans;
  const method = text.slice(0, methodEnd);
  const version = readVersion(text.slice(targetEnd + 1, versionEnd));
  if (version === undefined) return unsupported(505, 'the version is not HTTP/1.0 or HTTP/1.1');
  const table = readFields(text, scan, START_SPANS.request);
  const located = locate(method, text.slice(methodEnd + 1, targetEnd), hostOf(table, version));
  if ('kind' in located) return located;
  const framing = statedFraming(table, version) ?? NO_BODY;
  if (framing.kind === 'refused') return framing;
  if (method === 'CONNECT' && framing !== NO_BODY) return malformed('a CONNECT has a body');
  if (table.expect !== undefined && table.expect !== '100-continue')
    return unsupported(417, 'the expectation is unknown');
  return {
    method,
    target: located.target,
    version,
    host: located.host,
    headers: table.headers,
    framing,
    keepAlive: keepsAlive(table, version),
    upgrade: version === '1.1' && framing === NO_BODY && asksForWebSocket(table) ? 'websocket' : undefined,
    expectContinue: version === '1.1' && table.expect === '100-continue',
  };
}

export function readVersion(text: string): Version | undefined {
  if (text === 'HTTP/1.1') return '1.1';
  return text === 'HTTP/1.0' ? '1.0' : undefined;
}

export function keepsAlive({ connection }: FieldTable, version: Version): boolean {
  if (connection === '') return version === '1.1';
  if (hasToken(connection, 'close')) return false;
  return version === '1.1' || hasToken(connection, 'keep-alive');
}

function asksForWebSocket({ upgrade, connection }: FieldTable): boolean {
  return hasToken(upgrade, 'websocket') && hasToken(connection, 'upgrade');
}

interface Located {
  readonly target: Target;
  readonly host: string;
}

/** The canonical Host; empty where HTTP/1.0 sent none. */
function hostOf({ host, hosts }: FieldTable, version: Version): string | Refusal {
  if (hosts > 1) return malformed('Host is given twice');
  if (host === undefined) return version === '1.0' ? '' : malformed('there is no Host');
  return canonicalAuthority(host) ?? malformed('Host is not a host name and port');
}

function locate(method: string, raw: string, host: string | Refusal): Located | Refusal {
  if (typeof host !== 'string') return host;
  if (method === 'CONNECT') return locateAuthority(raw);
  if (raw === '*' && method === 'OPTIONS')
    return { target: { form: 'asterisk', path: '*', query: '' }, host };
  if (raw.startsWith('/')) return originTarget(raw, 'origin', host);
  return locateAbsolute(raw, host);
}

/** The target of a CONNECT says all; what Host says beside it is not used (RFC 9112 3.2.3). */
function locateAuthority(raw: string): Located | Refusal {
  const authority = canonicalAuthority(raw);
  if (authority === undefined || !/:\d+$/.test(authority))
    return malformed('the target of a CONNECT is not host:port');
  return { target: { form: 'authority', path: '', query: '' }, host: authority };
}

const SCHEME = 'http://';

function locateAbsolute(raw: string, host: string): Located | Refusal {
  if (raw.slice(0, SCHEME.length).toLowerCase() !== SCHEME)
    return malformed('the target is not a path or an http URI');
  const rest = raw.slice(SCHEME.length);
  const end = rest.search(/[/?]/);
  const authority = canonicalAuthority(end === -1 ? rest : rest.slice(0, end));
  if (authority === undefined) return malformed('the target has no valid authority');
  if (host !== '' && !sameAuthority(authority, host, 80))
    return malformed('the target and Host name different hosts');
  const path = end === -1 ? '/' : rest.slice(end);
  return originTarget(path.startsWith('?') ? `/${path}` : path, 'absolute', authority);
}

function originTarget(raw: string, form: 'origin' | 'absolute', host: string): Located | Refusal {
  const mark = raw.indexOf('?');
  const path = canonicalPath(mark === -1 ? raw : raw.slice(0, mark));
  if (!path.ok) return malformed(path.error);
  return { target: { form, path: path.value, query: mark === -1 ? '' : raw.slice(mark) }, host };
}
