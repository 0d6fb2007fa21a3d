/** The one normal form of a path (S11): it is its own normal form, and means what the path meant. */
import { canonicalAuthority } from '../../sidecar/decide/http1/authority.ts';
import { canonicalPath } from '../../sidecar/decide/http1/path.ts';
import { parseServiceHost, serviceHost } from '../../sidecar/decide/host-route.ts';
import { must, mustEqual, type Target } from '../target.ts';

const SEEDS = [
  ...[
    '/',
    '/a/b',
    '/a/../b',
    '/a/./b/..',
    '/%41%2d%7e',
    '/a%2Fb',
    '/a%5cb',
    '/a%00',
    '/..;a/b',
    '/.;/',
    '/a;b=c',
  ],
  ...[
    '//a',
    '/a//b',
    '/%2e%2e/%2E/a',
    '/%zz',
    '/%',
    '/"<>`{|}^[]',
    '/a\\b',
    '/a#b',
    '/\x80\xff',
    '/%25%32%65',
  ],
  ...[
    'cart.shop.svc.clusterset.local:80',
    'CART.shop.',
    'cart.shop:0',
    '[::1]:80',
    '[::ffff:1.2.3.4]',
    'a@b',
    ':80',
  ],
];

export const path: Target = {
  name: 'path',
  sources: [
    'sidecar/decide/http1/path.ts',
    'sidecar/decide/http1/authority.ts',
    'sidecar/decide/host-route.ts',
  ],
  seeds: () => SEEDS.map((seed) => Buffer.from(seed, 'latin1')),
  words: [
    ...[
      '/',
      '//',
      '.',
      '..',
      '/../',
      '/./',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '%00',
      '%',
      '%25',
      '%c3%a9',
      ';',
      '..;',
    ],
    ...['cart', '.shop', '.svc', '.clusterset.local', ':80', ':', '.', '-', '_', '[::1]', '[', ']', '@', 'é'],
  ],
  maxBytes: 4096,
  cases: 20_000,
  check(input) {
    const text = input.toString('latin1');
    checkPath(text.startsWith('/') ? text : `/${text}`);
    checkAuthority(text);
  },
};

function checkPath(text: string): void {
  const path = canonicalPath(text);
  if (!path.ok) return;
  const { value } = path;
  must(/^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/.test(value), 'only bytes of a path', text, value);
  must(!/%(?![0-9A-F]{2})/.test(value), 'only whole escapes, in upper case', text, value);
  must(
    !/%(00|2F|5C|2[DE]|5F|7E|3[0-9]|[46][1-9A-F]|[57][0-9A])/.test(value),
    'no needless or refused escape',
    text,
    value,
  );
  must(!/(^|\/)\.{1,2}(;|\/|$)/.test(value), 'no dot segment', text, value);
  mustEqual(canonicalPath(value), path, 'the normal form is its own');
  // WHATWG resolves the same dots, those in escapes too, and leaves the rest as it is spelled.
  const url = new URL(`http://cart${text.replace(/[\\#?]/g, '')}`).pathname;
  if (!/[\\#?]/.test(text) && !text.startsWith('//'))
    mustEqual(decode(value), decode(url), 'as WHATWG resolves it');
}

function decode(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  );
}

function checkAuthority(text: string): void {
  const authority = canonicalAuthority(text);
  if (authority === undefined) return;
  must(canonicalAuthority(authority) === authority, 'an authority is its own normal form', text, authority);
  must(
    /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?$/.test(authority),
    'of host and port',
    text,
    authority,
  );
  const address = parseServiceHost(authority);
  if (address !== undefined) {
    mustEqual(parseServiceHost(serviceHost(address)), address, 'a service is called by one name');
  }
}
