import { describe, expect, it } from 'vitest';
import { framingFor, writeOwnAnswer, writeResponseHead } from './head-writer.ts';
import type { RequestHead } from './head.ts';
import { createResponseReader } from './response-reader.ts';

const asked = { method: 'GET', upgrade: undefined };
const read = (text: string, of: Parameters<ReturnType<typeof createResponseReader>['read']>[2] = asked) =>
  createResponseReader().read(Buffer.from(text, 'latin1'), 0, of);

describe('a response head', () => {
  it.each([
    ['200 OK\r\nContent-Length: 5', 'GET', { kind: 'length', length: 5 }, true],
    ['200 OK\r\nTransfer-Encoding: Chunked', 'GET', { kind: 'chunked' }, true],
    ['200 OK', 'GET', { kind: 'until-close' }, false],
    ['200', 'GET', { kind: 'until-close' }, false],
    ['200 OK\r\nContent-Length: 5', 'HEAD', { kind: 'none' }, true],
    ['204 No Content', 'GET', { kind: 'none' }, true],
    ['304 Not Modified\r\nContent-Length: 5', 'GET', { kind: 'none' }, true],
    ['103 Early Hints', 'GET', { kind: 'none' }, true],
    ['200 OK\r\nContent-Length: 5\r\nConnection: close', 'GET', { kind: 'length', length: 5 }, false],
  ])('HTTP/1.1 %j to %s', (text, method, framing, keepAlive) => {
    const found = read(`HTTP/1.1 ${text}\r\n\r\n`, { method, upgrade: undefined });
    expect(found).toMatchObject({ kind: 'found', head: { framing, keepAlive } });
  });

  it.each([
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 999 OK\r\n\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 200 OK\nA: 1\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'HTTP/1.0 100 Continue\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA b: 1\r\n\r\n',
  ])('%j is that of a bad gateway', (text) => {
    expect(read(text)).toMatchObject({ kind: 'refused', status: 502, code: 'upstream_protocol' });
  });

  it('switches protocols only when asked to', () => {
    const found = read('HTTP/1.1 101 Switching Protocols\r\n\r\n', { method: 'GET', upgrade: 'websocket' });
    expect(found).toMatchObject({ head: { upgrade: 'websocket', framing: { kind: 'tunnel' } } });
  });

  it('is sent on in a framing that the client can read, and says when the connection ends', () => {
    const found = read('HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n');
    if (found.kind !== 'found') throw new Error(found.kind);
    const client = (version: '1.0' | '1.1') => ({ version }) as RequestHead;
    expect(framingFor(found.head, client('1.0'))).toEqual({ kind: 'until-close' });
    expect(framingFor({ ...found.head, framing: { kind: 'until-close' } }, client('1.1'))).toEqual({
      kind: 'chunked',
    });
    expect(writeResponseHead(found.head, true)).toBe(
      'HTTP/1.1 200 OK\r\na: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    expect(writeResponseHead(found.head, false)).toContain('\r\nconnection: close\r\n\r\n');
  });

  it('of the proxy itself names its reason', () => {
    const text = writeOwnAnswer({
      status: 503,
      reason: 'no_healthy_endpoint',
      keepAlive: true,
      isHead: false,
    });
    expect(text).toBe(
      'HTTP/1.1 503 Service Unavailable\r\nx-isthmus-reason: no_healthy_endpoint\r\ncontent-type: text/plain\r\ncontent-length: 20\r\n\r\nno_healthy_endpoint\n',
    );
    expect(read(text)).toMatchObject({ kind: 'found', head: { status: 503, contentLength: 20 } });
  });
});
