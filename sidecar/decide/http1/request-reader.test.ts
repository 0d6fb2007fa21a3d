import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeRequestHead } from './head-writer.ts';
import type { RequestHead } from './head.ts';
import { createRequestReader } from './request-reader.ts';

const read = (text: string) => createRequestReader().read(Buffer.from(text, 'latin1'), 0);
const found = (text: string): RequestHead => {
  const result = read(text);
  if (result.kind !== 'found') throw new Error(`${result.kind} ${'message' in result ? result.message : ''}`);
  return result.head;
};
const get = (...lines: string[]): string => `${['GET / HTTP/1.1', 'Host: a', ...lines].join('\r\n')}\r\n\r\n`;

describe('a request head', () => {
  it('becomes a model: what is of this hop alone is taken out, names are lower case, order stays', () => {
    const head = found(
      'POST /a/../b?x=%41#'.slice(0, -1) +
        ' HTTP/1.1\r\nHOST: Cart.Shop:80\r\nB: 2\r\nConnection: keep-alive, X-Drop\r\nx-drop: 1\r\nA: 1 \r\nb: 3\r\nTE: trailers\r\nKeep-Alive: 5\r\nProxy-Authorization: p\r\ncontent-length: 12\r\nexpect: 100-continue\r\n\r\n',
    );
    expect(head).toEqual({
      ...{ method: 'POST', version: '1.1', host: 'cart.shop:80', headers: ['b', '2', 'a', '1', 'b', '3'] },
      ...{
        framing: { kind: 'length', length: 12 },
        keepAlive: true,
        upgrade: undefined,
        expectContinue: true,
      },
      target: { form: 'origin', path: '/b', query: '?x=%41' },
    });
  });

  it.each([
    ['GET http://a/x HTTP/1.1\r\nHost: a:80\r\n\r\n', 'absolute', '/x', 'a'],
    ['GET http://A?q HTTP/1.1\r\nHost: a\r\n\r\n', 'absolute', '/', 'a'],
    ['OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 'asterisk', '*', 'a'],
    ['CONNECT b:80 HTTP/1.1\r\nHost: a\r\n\r\n', 'authority', '', 'b:80'],
    ['GET / HTTP/1.0\r\n\r\n', 'origin', '/', ''],
  ])('%j has the %s form', (text, form, path, host) => {
    expect(found(text)).toMatchObject({ target: { form, path }, host });
  });

  it.each([
    ['both framings', get('Content-Length: 1', 'Transfer-Encoding: chunked'), 400],
    ['a length twice', get('Content-Length: 1', 'Content-Length: 1'), 400],
    ['a list of lengths', get('Content-Length: 1, 1'), 400],
    ['a signed length', get('Content-Length: +1'), 400],
    ['a hexadecimal length', get('Content-Length: 0x1'), 400],
    ['an empty length', get('Content-Length:'), 400],
    ['a huge length', get(`Content-Length: ${'9'.repeat(16)}`), 400],
    ['xchunked', get('Transfer-Encoding: xchunked'), 501],
    ['chunked, identity', get('Transfer-Encoding: chunked, identity'), 501],
    ['chunked twice', get('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400],
    ['chunked and a tab', get('Transfer-Encoding: chunked \t'), 501],
    ['chunked with HTTP/1.0', 'GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['a blank before the colon', get('A : 1'), 400],
    ['a folded line', get('A: 1', ' 2'), 400],
    ['a bare LF', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400],
    ['a bare CR', get('A: 1\r2'), 400],
    ['NUL', get('A: \0'), 400],
    ['two Hosts', get('Host: b'), 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a Host with a user', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400],
    ['a Host of 300 characters', `GET / HTTP/1.1\r\nHost: ${'a'.repeat(300)}\r\n\r\n`, 400],
    ['another Host than the target', 'GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n', 400],
    ['https', 'GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a fragment', 'GET /#a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a fragment after a query', 'GET /?q#a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['an encoded slash', 'GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\n', 505],
    ['an empty expectation', get('Expect:'), 417],
    ['another expectation', get('Expect: 200-ok'), 417],
    ['a lower-case method', 'get / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a CONNECT with a body', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n', 400],
    ['201 fields', get(...Array.from({ length: 200 }, (_, i) => `A${i}: 1`)), 431],
    ['a field of 40 kB', get(`A: ${'a'.repeat(40_000)}`), 431],
    ['a target of 9 kB', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\n`, 414],
  ])('with %s is refused', (_, text, status) => {
    expect(read(text)).toMatchObject({ kind: 'refused', status });
  });

  it('is read the same in one piece, in any pieces, and after another one', () => {
    const text = 'POST /a HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nContent-Length: 3\r\n\r\n';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length }), { maxLength: 8 }), (cuts) => {
        const reader = createRequestReader();
        const bytes = Buffer.from(text + text + 'abc', 'latin1');
        for (const cut of [...cuts].sort((a, b) => a - b).filter((at) => at < text.length)) {
          expect(reader.read(bytes.subarray(0, cut), 0)).toEqual({ kind: 'need-more' });
        }
        const first = reader.read(bytes, 0);
        expect(first).toEqual({ kind: 'found', head: found(text), end: text.length });
        expect(reader.read(bytes, text.length)).toMatchObject({ kind: 'found', end: 2 * text.length });
      }),
    );
  });

  it('is written so that it is read as the same model', () => {
    const token = fc
      .stringMatching(/^[a-z][a-z0-9-]{0,12}$/)
      .filter(
        (name) =>
          !/^(host|te|trailer|upgrade|expect|connection|keep-alive|proxy-.*|content-length|transfer-encoding)$/.test(
            name,
          ),
      );
    const value = fc.stringMatching(/^[!-~\u00a0-\u00ff]{0,20}$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(token, value), { maxLength: 20 }),
        fc.stringMatching(/^[a-z0-9/]{0,20}$/),
        (fields, path) => {
          const head = found(
            `PUT /${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`,
          );
          expect(found(writeRequestHead(head))).toEqual(head);
        },
      ),
    );
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const { kind } = createRequestReader().read(Buffer.from(bytes), 0);
        expect(['found', 'need-more', 'refused']).toContain(kind);
      }),
    );
  });
});
