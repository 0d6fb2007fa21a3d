/** Stopgap. */
import type { ReasonCode } from '../../mesh/model/reason.ts';
import { formatTarget, type Framing, type RequestHead, type ResponseHead } from '../decide/http1/head.ts';
import type { Refusal } from '../decide/http1/refusal.ts';

export type Read<T> = { kind: 'found'; head: T; end: number } | { kind: 'need-more' } | Refusal;
const HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'host',
  'content-length',
  'transfer-encoding',
  'expect',
]);
function lines(bytes: Buffer, at: number): { lines: string[]; end: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n', at);
  if (end === -1) return undefined;
  return { lines: bytes.toString('latin1', at, end).split('\r\n'), end: end + 4 };
}
function fields(all: string[]): { headers: string[]; get: (n: string) => string | undefined } {
  const headers: string[] = [];
  const map = new Map<string, string>();
  for (const line of all) {
    const c = line.indexOf(':');
    const n = line.slice(0, c).toLowerCase();
    const v = line.slice(c + 1).trim();
    map.set(n, v);
    if (!HOP.has(n)) headers.push(n, v);
  }
  return { headers, get: (n) => map.get(n) };
}
function framing(get: (n: string) => string | undefined): Framing {
  if (get('transfer-encoding') === 'chunked') return { kind: 'chunked' };
  const l = get('content-length');
  return l === undefined ? { kind: 'none' } : { kind: 'length', length: Number(l) };
}
const bad = (message: string): Refusal => ({
  kind: 'refused',
  status: 400,
  code: 'request_malformed',
  message,
});
export interface RequestReader {
  read(b: Buffer, at: number): Read<RequestHead>;
  restart(): void;
}
export function createRequestReader(): RequestReader {
  return {
    restart() {},
    read(b, at) {
      const got = lines(b, at);
      if (!got) return b.length - at > 32768 ? bad('x') : { kind: 'need-more' };
      const [first = '', ...rest] = got.lines;
      const m = /^([A-Z]+) (\S+) HTTP\/(1\.[01])$/.exec(first);
      if (!m) return bad('line');
      const [, method = '', raw = '', version = '1.1'] = m;
      const { headers, get } = fields(rest);
      let host = get('host') ?? '';
      let path = raw;
      let form: 'origin' | 'absolute' | 'authority' = 'origin';
      if (method === 'CONNECT') {
        host = raw;
        form = 'authority';
        path = '';
      } else if (raw.startsWith('http://')) {
        const u = new URL(raw);
        host = u.host;
        path = u.pathname + u.search;
        form = 'absolute';
      }
      const q = path.indexOf('?');
      const conn = (get('connection') ?? '').toLowerCase();
      return {
        kind: 'found',
        end: got.end,
        head: {
          method,
          version: version as '1.1',
          host,
          headers,
          framing: framing(get),
          target: { form, path: q === -1 ? path : path.slice(0, q), query: q === -1 ? '' : path.slice(q) },
          keepAlive: version === '1.1' ? !conn.includes('close') : conn.includes('keep-alive'),
          upgrade: get('upgrade') === 'websocket' ? 'websocket' : undefined,
          expectContinue: get('expect') !== undefined,
        },
      };
    },
  };
}
export interface ResponseReader {
  begin(method: string): void;
  read(b: Buffer, at: number): Read<ResponseHead>;
}
export function createResponseReader(): ResponseReader {
  let method = 'GET';
  return {
    begin(m) {
      method = m;
    },
    read(b, at) {
      const got = lines(b, at);
      if (!got) return { kind: 'need-more' };
      const [first = '', ...rest] = got.lines;
      const m = /^HTTP\/(1\.[01]) (\d{3}) ?(.*)$/.exec(first);
      if (!m) return bad('status');
      const status = Number(m[2]);
      const { headers, get } = fields(rest);
      const conn = (get('connection') ?? '').toLowerCase();
      let f = framing(get);
      if (f.kind === 'none' && get('content-length') === undefined) f = { kind: 'until-close' };
      if (method === 'HEAD' || status === 204 || status === 304 || status < 200) f = { kind: 'none' };
      if (status === 101) f = { kind: 'tunnel' };
      const l = get('content-length');
      return {
        kind: 'found',
        end: got.end,
        head: {
          status,
          reason: m[3] ?? '',
          version: m[1] as '1.1',
          headers,
          framing: f,
          contentLength: l === undefined ? undefined : Number(l),
          keepAlive:
            f.kind !== 'until-close' &&
            (m[1] === '1.1' ? !conn.includes('close') : conn.includes('keep-alive')),
          upgrade: status === 101 ? 'websocket' : undefined,
        },
      };
    },
  };
}
export function writeRequestHead(h: RequestHead): string {
  let s = `${h.method} ${formatTarget(h)} HTTP/1.1\r\nhost: ${h.host}\r\n`;
  for (let i = 0; i < h.headers.length; i += 2) s += `${h.headers[i]}: ${h.headers[i + 1]}\r\n`;
  if (h.framing.kind === 'chunked') s += 'transfer-encoding: chunked\r\n';
  if (h.framing.kind === 'length') s += `content-length: ${h.framing.length}\r\n`;
  if (h.upgrade) s += 'connection: upgrade\r\nupgrade: websocket\r\n';
  return `${s}\r\n`;
}
export function writeResponseHead(h: ResponseHead, o: { keepAlive: boolean }): string {
  let s = `HTTP/1.1 ${h.status} ${h.reason}\r\n`;
  for (let i = 0; i < h.headers.length; i += 2) s += `${h.headers[i]}: ${h.headers[i + 1]}\r\n`;
  if (h.framing.kind === 'chunked') s += 'transfer-encoding: chunked\r\n';
  else if (h.contentLength !== undefined) s += `content-length: ${h.contentLength}\r\n`;
  if (h.upgrade) s += 'connection: upgrade\r\nupgrade: websocket\r\n';
  else if (!o.keepAlive) s += 'connection: close\r\n';
  return `${s}\r\n`;
}
export function responseFraming(h: ResponseHead, r: RequestHead): Framing {
  if (h.framing.kind !== 'until-close' && h.framing.kind !== 'chunked') return h.framing;
  return r.version === '1.1' ? { kind: 'chunked' } : { kind: 'until-close' };
}
export function errorResponse(
  status: number,
  reason: ReasonCode,
  o: { keepAlive: boolean; method: string },
): string {
  const body = `${reason}\n`;
  return `HTTP/1.1 ${status} x\r\nx-isthmus-reason: ${reason}\r\ncontent-length: ${body.length}\r\n${o.keepAlive ? '' : 'connection: close\r\n'}\r\n${o.method === 'HEAD' ? '' : body}`;
}
export interface BodyReader {
  readonly endsAtClose: boolean;
  read(
    b: Buffer,
    at: number,
    take: (from: number, to: number) => void,
  ): { end: number; done: boolean } | Refusal;
}
export function createBodyReader(f: Framing): BodyReader {
  let left = f.kind === 'length' ? f.length : f.kind === 'until-close' ? Infinity : 0;
  let state: 'size' | 'data' | 'crlf' | 'last' = 'size';
  return {
    endsAtClose: f.kind === 'until-close',
    read(b, at, take) {
      if (f.kind !== 'chunked') {
        const n = Math.min(left, b.length - at);
        if (n > 0) take(at, at + n);
        left -= n;
        return { end: at + n, done: left === 0 };
      }
      for (;;) {
        if (state === 'data') {
          const n = Math.min(left, b.length - at);
          if (n > 0) take(at, at + n);
          at += n;
          left -= n;
          if (left > 0) return { end: at, done: false };
          state = 'crlf';
        }
        const nl = b.indexOf('\r\n', at);
        if (nl === -1) return { end: at, done: false };
        if (state === 'crlf') {
          at = nl + 2;
          state = 'size';
        } else if (state === 'size') {
          left = parseInt(b.toString('latin1', at, nl), 16);
          at = nl + 2;
          state = left === 0 ? 'last' : 'data';
        } else {
          at = nl + 2;
          return { end: at, done: true };
        }
      }
    },
  };
}
export function detectProtocol(b: Buffer): 'http' | 'tcp' | 'need-more' {
  const s = b.toString('latin1', 0, 24);
  if (/^[A-Z]{3,} \S/.test(s)) return 'http';
  return /^[A-Z]{0,10}$/.test(s) ? 'need-more' : 'tcp';
}
