/** Requests that two parsers could read in two ways, and plain ones between them: every field with every body. */

export interface AmbiguousMessage {
  /** What is odd about it. */
  readonly name: string;
  /** Latin-1. */
  readonly bytes: string;
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: cart\r\n\r\n';

const BODIES: Readonly<Record<string, string>> = {
  'no body': '',
  'five bytes': 'hello',
  'a chunked body': '5\r\nhello\r\n0\r\n\r\n',
  'a request as the body': SMUGGLED,
  'a chunked body and a request': `0\r\n\r\n${SMUGGLED}`,
};

const STARTS = ['GET /a HTTP/1.1', 'POST /a HTTP/1.1', 'POST /a HTTP/1.0'];

const LENGTHS = [
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: 05',
  'Content-Length: +5',
  'Content-Length: -5',
  'Content-Length: 5, 5',
  'Content-Length: 5 5',
  'Content-Length: 0x5',
  'Content-Length: 5;',
  'Content-Length:',
  'Content-Length : 5',
  ' Content-Length: 5',
  'Content-Length: 99999999999999999999',
  'Content-Length: 5\r\n folded: 1',
  'Content-Length: 5\r\nContent-Length: 5',
  'Content-Length: 5\r\nContent-Length: 0',
  'Connection: Content-Length\r\nContent-Length: 5',
  'Connection: close\r\nContent-Length: 5',
  'Expect: 100-continue\r\nContent-Length: 5',
];

const CODINGS = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding : chunked',
  'Transfer_Encoding: chunked',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding:',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 5',
  'Content-Length: 5\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 0',
  'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked',
];

const OTHERS = [
  'X: a\nTransfer-Encoding: chunked',
  'X: a\rTransfer-Encoding: chunked',
  'X: a\0b',
  'X: a\r\n\tb',
  'X y: 1',
  ': 1',
  '(: 1',
  'Host: other',
  '__proto__: x',
  'constructor: x',
];

const ODD_STARTS = [
  'GET  /a HTTP/1.1',
  'GET /a  HTTP/1.1',
  'GET /a HTTP/1.2',
  'GET /a HTTP/2.0',
  'GET /a http/1.1',
  'GET /a',
  'GET',
  'G(T /a HTTP/1.1',
  'get /a HTTP/1.1',
  'GET /a#b HTTP/1.1',
  'GET /a%00 HTTP/1.1',
  'GET /a%2Fb HTTP/1.1',
  'GET /a%zz HTTP/1.1',
  'GET http://other/a HTTP/1.1',
  'GET http://cart/a HTTP/1.1',
  'GET a HTTP/1.1',
  'GET * HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  '\r\nGET /a HTTP/1.1',
  '\nGET /a HTTP/1.1',
  ' GET /a HTTP/1.1',
  'GET /../a HTTP/1.1',
  'GET //a HTTP/1.1',
  'GET /a\\b HTTP/1.1',
];

const CHUNKED_POST = 'POST /a HTTP/1.1\r\nHost: cart\r\nTransfer-Encoding: chunked\r\n\r\n';

/** Node reads nothing after a request whose upgrade it does not know, so that one comes last. */
const UPGRADE = 'GET /a HTTP/1.1\r\nHost: cart\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n';

const CHUNK_LINES = [
  ...[
    '+5',
    '-5',
    '0x5',
    ' 5',
    '5 ',
    '5\t',
    '05',
    '0000000000005',
    '5,5',
    'g',
    '',
    '5\r',
    '5;',
    '5;a',
    '5;a=b',
    '5;a="b"',
  ],
  ...[
    '5;a="b',
    '5;a=b c',
    '5 ;a',
    '5;\0',
    '5;a@b',
    '5;;',
    '5;=',
    '8000000000000005',
    'fffffffffffffffb',
    '5\n',
  ],
];

const WHOLE: Readonly<Record<string, string>> = {
  'an upgrade to h2c': UPGRADE,
  'no Host': 'GET /a HTTP/1.1\r\n\r\n',
  'two Hosts': 'GET /a HTTP/1.1\r\nHost: cart\r\nHost: cart\r\n\r\n',
  '300 fields': `GET /a HTTP/1.1\r\nHost: cart\r\n${'a: b\r\n'.repeat(300)}\r\n`,
  '5000 fields': `GET /a HTTP/1.1\r\nHost: cart\r\n${'a: b\r\n'.repeat(5000)}\r\n`,
  'a long chunk extension': `${CHUNKED_POST}5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
  'a trailer': `${CHUNKED_POST}0\r\nContent-Length: 5\r\n\r\n`,
  'a bare line feed after a chunk': `${CHUNKED_POST}5\r\nhello\n0\r\n\r\n`,
};

export function ambiguousMessages(): readonly AmbiguousMessage[] {
  const messages = Object.entries(WHOLE).map(([name, bytes]) => ({ name, bytes }));
  for (const start of ODD_STARTS) messages.push({ name: start, bytes: `${start}\r\nHost: cart\r\n\r\n` });
  for (const line of CHUNK_LINES) {
    const bytes = `${CHUNKED_POST}${line}\r\nhello\r\n0\r\n\r\n${SMUGGLED}`;
    messages.push({ name: `a chunk that begins with ${JSON.stringify(line)}`, bytes });
  }
  for (const start of STARTS) {
    for (const fields of ['', ...LENGTHS, ...CODINGS, ...OTHERS]) {
      for (const [name, body] of Object.entries(BODIES)) {
        const head = `${start}\r\nHost: cart\r\n${fields === '' ? '' : `${fields}\r\n`}\r\n`;
        messages.push({ name: `${start} with ${JSON.stringify(fields)} and ${name}`, bytes: head + body });
      }
    }
  }
  return messages;
}
