/** The HTTP/1.1 codec of the sidecar: what could be read in two ways is refused. */
import type { Mutant } from '../mutant.ts';

const MESSAGE_LENGTH = {
  file: 'sidecar/decide/http1/message-length.ts',
  test: 'sidecar/decide/http1/request-reader.test.ts',
} as const;
const REQUEST_READER = {
  file: 'sidecar/decide/http1/request-reader.ts',
  test: 'sidecar/decide/http1/request-reader.test.ts',
} as const;
const BYTE_CLASS = {
  file: 'sidecar/decide/http1/byte-class.ts',
  test: 'sidecar/decide/http1/request-reader.test.ts',
} as const;
const PATH = {
  file: 'sidecar/decide/http1/path.ts',
  test: 'sidecar/decide/http1/request-reader.test.ts',
} as const;
const HEAD_SCAN = {
  file: 'sidecar/decide/http1/head-scan.ts',
  test: 'sidecar/decide/http1/request-reader.test.ts',
} as const;
const FIELD_TABLE = {
  file: 'sidecar/decide/http1/field-table.ts',
  test: 'sidecar/decide/http1/request-reader.test.ts',
} as const;
const BODY_READER = {
  file: 'sidecar/decide/http1/body-reader.ts',
  test: 'sidecar/decide/http1/body-reader.test.ts',
} as const;
const RESPONSE_READER = {
  file: 'sidecar/decide/http1/response-reader.ts',
  test: 'sidecar/decide/http1/response-reader.test.ts',
} as const;
const OWN_HEADERS = {
  file: 'sidecar/decide/own-headers.ts',
  test: 'sidecar/decide/host-route.test.ts',
} as const;
const HOST_ROUTE = {
  file: 'sidecar/decide/host-route.ts',
  test: 'sidecar/decide/host-route.test.ts',
} as const;

export const HTTP: readonly Mutant[] = [
  {
    name: 'two-framings',
    guarantee: 'A message with both framings is refused (S10).',
    ...MESSAGE_LENGTH,
    replace: 'if (contentLengths > 0) return malformed',
    by: 'if (false) return malformed',
    fails: ['a request head > with both framings is refused'],
  },
  {
    name: 'length-twice',
    guarantee: 'A message with two lengths is refused (S10).',
    ...MESSAGE_LENGTH,
    replace: 'if (contentLengths > 1)',
    by: 'if (false)',
    fails: ['a request head > with a length twice is refused'],
  },
  {
    name: 'chunked-with-http10',
    guarantee: 'Chunks are refused with HTTP/1.0 (S10).',
    ...MESSAGE_LENGTH,
    replace: "if (version === '1.0') return",
    by: 'if (false) return',
    fails: ['a request head > with chunked with HTTP/1.0 is refused'],
  },
  {
    name: 'coding-that-contains-chunked',
    guarantee: 'The only transfer coding is chunked, spelled exactly (S10).',
    ...MESSAGE_LENGTH,
    replace: "table.transferEncoding?.toLowerCase() === 'chunked'",
    by: "table.transferEncoding?.toLowerCase().includes('chunked')",
    fails: [
      'a request head > with xchunked is refused',
      'a request head > with chunked, identity is refused',
      'a request head > with chunked and a tab is refused',
    ],
  },
  {
    name: 'signed-length',
    guarantee: 'A length has digits only (S10).',
    ...MESSAGE_LENGTH,
    replace: 'if (digit < 0 || digit > 9) return undefined;',
    by: 'if (digit < 0 || digit > 9) continue;',
    fails: [
      'a request head > with a list of lengths is refused',
      'a request head > with a signed length is refused',
      'a request head > with a hexadecimal length is refused',
    ],
  },
  {
    name: 'two-hosts',
    guarantee: 'A request with two Hosts is refused (S10).',
    ...REQUEST_READER,
    replace: 'if (hosts > 1)',
    by: 'if (false)',
    fails: ['a request head > with two Hosts is refused'],
  },
  {
    name: 'host-differs-from-target',
    guarantee: 'A target and a Host that name different hosts are refused (S10, S7).',
    ...REQUEST_READER,
    replace: "host !== '' && !sameAuthority(authority, host, 80)",
    by: 'false',
    fails: ['a request head > with another Host than the target is refused'],
  },
  {
    name: 'body-of-a-connect',
    guarantee: 'A CONNECT with a body is refused (S10).',
    ...REQUEST_READER,
    replace: "method === 'CONNECT' && framing !== NO_BODY",
    by: 'false',
    fails: ['a request head > with a CONNECT with a body is refused'],
  },
  {
    name: 'fragment-in-target',
    guarantee: 'A target with a fragment is refused (S11).',
    ...BYTE_CLASS,
    replace: '.filter((byte) => byte !== 0x23)',
    by: '.filter(() => true)',
    fails: ['a request head > with a fragment after a query is refused'],
  },
  {
    name: 'encoded-slash-taken',
    guarantee: 'An encoded slash is refused (S11).',
    ...PATH,
    replace: 'new Set([0x00, 0x2f, 0x5c])',
    by: 'new Set([0x00, 0x5c])',
    fails: ['a request head > with an encoded slash is refused'],
  },
  {
    name: 'path-climbs',
    guarantee: 'A path never climbs above its root (S11).',
    ...PATH,
    replace: "if (segment === '..') kept.pop();",
    by: '',
    fails: [
      'a request head > becomes a model: what is of this hop alone is taken out, names are lower case, order stays',
    ],
  },
  {
    name: 'bare-line-feed',
    guarantee: 'A line ends with CR and LF (S10).',
    ...HEAD_SCAN,
    replace: "if (bytes[scan.pos] !== LF) return refuse(scan, 'a CR",
    by: "if (false) return refuse(scan, 'a CR",
    fails: ['a request head > with a bare CR is refused'],
  },
  {
    name: 'field-limit-off-by-one',
    guarantee: 'A head has 200 fields at most (S10).',
    ...HEAD_SCAN,
    replace: 'scan.fields > FIELD_LIMIT',
    by: 'scan.fields > FIELD_LIMIT + 1',
    fails: ['a request head > with 201 fields is refused'],
  },
  {
    name: 'hop-fields-passed-on',
    guarantee: 'What Connection names is for one hop only (S10).',
    ...FIELD_TABLE,
    replace: 'if (!named.has(name)) kept.push',
    by: 'kept.push',
    fails: [
      'a request head > becomes a model: what is of this hop alone is taken out, names are lower case, order stays',
    ],
  },
  {
    name: 'chunk-longer-than-it-says',
    guarantee: 'A chunk is as long as it says (S10).',
    ...BODY_READER,
    replace: 'bytes[at] !== CR || bytes[at + 1] !== LF',
    by: 'false',
    fails: ['a body > in chunks with a longer chunk that goes on as if it were not is refused'],
  },
  {
    name: 'chunk-extension-unbounded',
    guarantee: 'The extension of a chunk is bounded (S10).',
    ...BODY_READER,
    replace: 'pos - extensionAt > CHUNK_EXTENSION_LIMIT',
    by: 'false',
    fails: ['a body > in chunks with an extension of 300 bytes is refused'],
  },
  {
    name: 'chunk-extensions-unbounded',
    guarantee: 'All extensions of a body together are bounded (S10).',
    ...BODY_READER,
    replace: 'chunks.extensions > CHUNK_EXTENSIONS_LIMIT',
    by: 'false',
    fails: ['a body > bounds all its extensions together'],
  },
  {
    name: 'chunk-size-off-by-one',
    guarantee: 'The size of a chunk has 12 digits at most (S10).',
    ...BODY_READER,
    replace: 'pos - at >= CHUNK_SIZE_DIGITS',
    by: 'pos - at > CHUNK_SIZE_DIGITS',
    fails: ['a body > in chunks with a size of 13 digits is refused'],
  },
  {
    name: 'body-ends-early',
    guarantee: 'A body ends where its length says (S10).',
    ...BODY_READER,
    replace: 'done: left === 0',
    by: 'done: left <= 1',
    fails: ['a body > of a length ends there, and not before'],
  },
  {
    name: 'switch-unasked',
    guarantee: 'A response switches protocols only when it was asked to (S9).',
    ...RESPONSE_READER,
    replace: 'asked.upgrade',
    by: 'true',
    fails: ['a response head > "HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n" is that of a bad gateway'],
  },
  {
    name: 'underscore-speaks-for-mesh',
    guarantee: 'A field with _ for - is the same field to many servers (S13).',
    ...OWN_HEADERS,
    replace: '/^x[-_](?:isthmus[-_]|forwarded[-_]client[-_]cert$)/',
    by: '/^x-(?:isthmus-|forwarded-client-cert$)/',
    fails: [
      'header fields that speak for the mesh > x_isthmus_source is reserved',
      'header fields that speak for the mesh > x-isthmus_reason is reserved',
      'header fields that speak for the mesh > x-forwarded_client_cert is reserved',
    ],
  },
  {
    name: 'host-with-more-labels',
    guarantee: 'A Host names a service by its exact suffixes (S7).',
    ...HOST_ROUTE,
    replace: "!SUFFIXES.has(rest.join('.'))",
    by: "!SUFFIXES.has(rest.join('.')) && !name.endsWith('.svc.cluster.local')",
    fails: [
      'the service that a Host names > is none for "x.cart.shop.svc.cluster.local"',
      'the service that a Host names > is none for "cart-0.west.cart.shop.svc.cluster.local"',
    ],
  },
];
