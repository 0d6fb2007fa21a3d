/**
 * The sidecar's request codec against Node's parser: what the sidecar takes, Node reads alike; what the sidecar sends on
 * means to Node what was received; and how the bytes are cut makes no difference (S10).
 */
import { METHODS } from 'node:http';
import { formatTarget, type RequestHead } from '../../sidecar/decide/http1/head.ts';
import { writeRequestHead } from '../../sidecar/decide/http1/head-writer.ts';
import { ambiguousMessages } from '../../sidecar/testing/ambiguous-messages.ts';
import { endToEnd, valuesOf, wireBody } from '../http1/fields.ts';
import { readRequests, type Message, type Messages } from '../http1/read-messages.ts';
import { nodeRequests, type NodeRequest } from '../oracle/node-requests.ts';
import { cutsOf } from '../pieces.ts';
import { must, mustEqual, type Target } from '../target.ts';

export const httpRequest: Target = {
  name: 'http-request',
  sources: ['sidecar/decide/http1/'],
  seeds: () =>
    ambiguousMessages()
      .filter(({ bytes }) => bytes.length < 2_000)
      .map(({ bytes }) => Buffer.from(bytes, 'latin1')),
  words: [
    ...['GET ', 'POST ', 'CONNECT ', 'OPTIONS * ', 'HEAD ', '/', '/../', '/%2e%2e/', '/.', '//', '?', '#'],
    ...[
      ' HTTP/1.1\r\n',
      ' HTTP/1.0\r\n',
      '\r\n',
      '\r\n\r\n',
      '\n',
      '\r',
      '\0',
      '\t',
      ' ',
      ':',
      ',',
      ';',
      '"',
    ],
    ...['Host: cart\r\n', 'Host: CART.:80\r\n', 'Host:\r\n', 'http://cart/', 'http://', 'cart:443', '[::1]'],
    ...['Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'Content-Length:', '+', '-', '0x', 'chunked'],
    ...[
      'Transfer-Encoding: chunked\r\n',
      'Transfer-Encoding:',
      'identity',
      'Trailer: X\r\n',
      'TE: trailers\r\n',
    ],
    ...[
      'Connection: close\r\n',
      'Connection: keep-alive\r\n',
      'Connection: host, x\r\n',
      'Connection: upgrade\r\n',
    ],
    ...[
      'Upgrade: websocket\r\n',
      'Upgrade: h2c\r\n',
      'Expect: 100-continue\r\n',
      'Expect: x\r\n',
      'X: y\r\n',
    ],
    ...[
      'Proxy-Connection: x\r\n',
      'Keep-Alive: 5\r\n',
      '__proto__: x\r\n',
      '5\r\nhello\r\n',
      '0\r\n\r\n',
      ';a=b',
    ],
  ],
  maxBytes: 48 * 1024,
  cases: 8_000,
  async check(input) {
    const read = readRequests([input]);
    for (const pieces of cutsOf(input)) mustEqual(readRequests(pieces), read, 'cuts make no difference');
    const { messages } = read;
    if (messages.length === 0) return;
    mustMeanTheSame(read, await nodeRequests(input));
    const whole = messages.filter((message) => message.whole);
    // Without a Host, as HTTP/1.0 may come, nothing is sent on: no service has that name.
    if (whole.some(({ head }) => head.host === '' || !METHODS.includes(head.method))) return;
    const sent = Buffer.from(whole.map(sentOn).join(''), 'latin1');
    mustArrive(whole, await nodeRequests(sent));
    const again = readRequests([sent]);
    mustEqual(
      again.messages.map(sentOn),
      upToUpgrade(whole).map(sentOn),
      'what was sent on is sent on alike',
    );
  },
};

/** Node passes over what comes behind an upgrade that it does not know. */
function mustMeanTheSame({ messages, refusal }: Messages<RequestHead>, node: readonly NodeRequest[]): void {
  for (const [i, { head, body, whole }] of messages.entries()) {
    // Node knows a list of methods; a mesh passes on all that look like one.
    if (!METHODS.includes(head.method)) return;
    const before = node[i - 1];
    if (before !== undefined && valuesOf(before.fields, 'upgrade').length > 0) return;
    const seen = node[i];
    must(seen !== undefined, 'Node reads each request that is taken', i, head);
    must(seen.method === head.method, 'Node reads the same method', seen, head);
    mustEqual(
      seen.fields.length > 0 ? endToEnd(seen.fields) : [],
      head.headers,
      'Node reads the same fields',
    );
    mustNameTheSame(seen, head);
    must(
      whole ? seen.whole : !seen.whole || refusal !== undefined,
      'Node sees the same end',
      seen,
      head,
      body,
    );
    must(!whole || seen.body === body, 'Node reads the same body', seen, body);
  }
}

/** Compared by WHATWG's own rules where those resolve the path as RFC 3986 does. */
function mustNameTheSame(seen: NodeRequest, head: RequestHead): void {
  const { form, query } = head.target;
  if (form === 'authority') return;
  const [url = ''] = seen.url.split('?', 1);
  const rest = form === 'absolute' ? url.replace(/^http:\/\/[^/?]*/i, '') : url;
  must(seen.url.endsWith(query), 'Node reads the same query', seen.url, head.target);
  mustEqual(decoded(head.target.path), decoded(form === 'asterisk' ? rest : resolved(rest)), 'the same path');
}

function decoded(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  );
}

function resolved(path: string): string {
  const out: string[] = [];
  const segments = (path === '' ? '/' : path).split('/').slice(1).map(decoded);
  for (const [i, segment] of segments.entries()) {
    const isDots = segment === '.' || segment === '..';
    if (segment === '..') out.pop();
    if (!isDots) out.push(segment);
    else if (i === segments.length - 1) out.push('');
  }
  return `/${out.join('/')}`;
}

function sentOn({ head, body }: Message<RequestHead>): string {
  return writeRequestHead(head) + wireBody(head.framing.kind === 'chunked' ? 'chunked' : 'plain', body);
}

function upToUpgrade(messages: readonly Message<RequestHead>[]): readonly Message<RequestHead>[] {
  const last = messages.findIndex(({ head }) => head.upgrade !== undefined || head.method === 'CONNECT');
  return last === -1 ? messages : messages.slice(0, last + 1);
}

function mustArrive(messages: readonly Message<RequestHead>[], node: readonly NodeRequest[]): void {
  must(node.length === messages.length, 'as many requests are sent on as were taken', node, messages);
  for (const [i, { head, body }] of messages.entries()) {
    const seen = node[i];
    must(seen !== undefined && seen.whole, 'each request is sent on whole', seen, head);
    mustEqual(
      [seen.method, seen.url, valuesOf(seen.fields, 'host'), endToEnd(seen.fields), seen.body],
      [head.method, formatTarget(head), [head.host], head.headers, body],
      'what is sent on means what was taken',
    );
  }
}
