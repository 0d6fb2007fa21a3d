/** The sidecar's response codec against Node's: the same answer is read, and the same is sent on to the client (S10). */
import type { RequestHead, ResponseHead } from '../../sidecar/decide/http1/head.ts';
import { framingFor, writeResponseHead } from '../../sidecar/decide/http1/head-writer.ts';
import type { Asked } from '../../sidecar/decide/http1/response-reader.ts';
import { endToEnd, valuesOf, wireBody } from '../http1/fields.ts';
import { readResponse, type Message } from '../http1/read-messages.ts';
import { nodeResponse, type NodeResponse } from '../oracle/node-response.ts';
import { cutsOf } from '../pieces.ts';
import { must, mustEqual, type Target } from '../target.ts';

/** The first byte of an input says what was asked. */
const ASKED: readonly Asked[] = [
  { method: 'GET', upgrade: undefined },
  { method: 'HEAD', upgrade: undefined },
  { method: 'POST', upgrade: undefined },
  { method: 'GET', upgrade: 'websocket' },
];

const SEEDS = [
  '0HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello',
  '0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n',
  '0HTTP/1.1 200\r\n\r\nuntil the end',
  '0HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
  '1HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
  '2HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  '0HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 7\r\n\r\n',
  '3HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\0',
  '0HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  '0HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
  '0HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nConnection: x\r\nX: 1\r\nContent-Length: 0\r\n\r\n',
];

export const httpResponse: Target = {
  name: 'http-response',
  sources: ['sidecar/decide/http1/'],
  seeds: () => SEEDS.map((seed) => Buffer.from(seed, 'latin1')),
  words: [
    ...['HTTP/1.1 200 OK\r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 204 \r\n', 'HTTP/1.1 304 x\r\n', 'HTTP/1.1 '],
    ...[
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 101 x\r\n',
      '\r\n',
      '\r\n\r\n',
      '\n',
      '\r',
      '\0',
      '\t',
      ' ',
    ],
    ...[
      'Content-Length: 5\r\n',
      'Content-Length: 0\r\n',
      'Content-Length:',
      'Transfer-Encoding: chunked\r\n',
    ],
    ...[
      'Transfer-Encoding: identity\r\n',
      'Connection: close\r\n',
      'Connection: keep-alive\r\n',
      'gzip',
      ',',
    ],
    ...[
      'Upgrade: websocket\r\n',
      'Connection: upgrade\r\n',
      'Trailer: x\r\n',
      '5\r\nhello\r\n',
      '0\r\n\r\n',
      ';',
    ],
  ],
  maxBytes: 48 * 1024,
  cases: 6_000,
  async check(input) {
    const asked = ASKED[((input[0] ?? 0) % 4) as 0];
    if (asked === undefined || input.length === 0) return;
    const bytes = input.subarray(1);
    const read = readResponse([bytes], asked);
    for (const pieces of cutsOf(bytes)) {
      mustEqual(readResponse(pieces, asked), read, 'cuts make no difference');
    }
    const final = read.messages.find(({ head }) => head.status >= 200 || head.status === 101);
    if (final === undefined) return;
    const question = { method: asked.method, upgrade: asked.upgrade !== undefined };
    const node = await nodeResponse(bytes, question);
    mustMeanTheSame(final, node, read.refusal !== undefined);
    if (!final.whole || final.head.framing.kind === 'tunnel') return;
    mustArrive(final, await nodeResponse(sentOn(final), question));
  },
};

function mustMeanTheSame(
  { head, body, whole }: Message<ResponseHead>,
  node: NodeResponse | undefined,
  refused: boolean,
): void {
  must(node !== undefined, 'Node reads each answer that is taken', head);
  mustEqual([node.status, node.reason], [head.status, head.reason], 'Node reads the same status');
  mustEqual(endToEnd(node.fields), head.headers, 'Node reads the same fields');
  if (head.framing.kind === 'tunnel') return;
  must(whole ? node.whole : !node.whole || refused, 'Node sees the same end', node, head, body);
  must(!whole || node.body === body, 'Node reads the same body', node, body);
}

const CLIENT = { version: '1.1' } as RequestHead;

function sentOn({ head, body }: Message<ResponseHead>): Buffer {
  const framing = framingFor(head, CLIENT);
  const text = writeResponseHead({ ...head, framing }, head.keepAlive);
  return Buffer.from(text + wireBody(framing.kind === 'chunked' ? 'chunked' : 'plain', body), 'latin1');
}

function mustArrive({ head, body }: Message<ResponseHead>, node: NodeResponse | undefined): void {
  must(node !== undefined, 'the client reads the answer', head);
  must(node.whole, 'the answer is sent on whole', node, head);
  mustEqual(
    [node.status, node.reason, endToEnd(node.fields), node.body],
    [head.status, head.reason, head.headers, body],
    'what is sent on means what was taken',
  );
  must(valuesOf(node.fields, 'content-length').length <= 1, 'one length is sent on', node);
}
