/** The first bytes of a connection: the ClientHello and the server name in it. */
import type { Mutant } from '../mutant.ts';

const SERVER_NAME = {
  file: 'gateway/decide/server-name.ts',
  test: 'gateway/decide/server-name.test.ts',
} as const;
const HELLO_BODY = {
  file: 'gateway/decide/hello-body.ts',
  test: 'gateway/decide/client-hello.test.ts',
} as const;
const CLIENT_HELLO = {
  file: 'gateway/decide/client-hello.ts',
  test: 'gateway/decide/client-hello.test.ts',
} as const;

export const HELLO: readonly Mutant[] = [
  {
    name: 'name-of-another-cluster',
    guarantee: 'A gateway serves names of its own cluster only (S1).',
    ...SERVER_NAME,
    replace: 'cluster !== self.cluster || ',
    by: '',
    fails: [
      'variants of one name reach the canonical route or nothing (S6) > "abcdefghijklmnopqrstuvwxyz.west.acme" is refused',
      'variants of one name reach the canonical route or nothing (S6) > "federation.west.acme" is refused',
    ],
  },
  {
    name: 'server-name-case-kept',
    guarantee: 'A server name has one spelling, in lower case (S6).',
    ...SERVER_NAME,
    replace: 'ok(raw.toLowerCase())',
    by: 'ok(raw)',
    fails: [
      'variants of one name reach the canonical route or nothing (S6) > "ABCDEFGHIJKLMNOPQRSTUVWXYZ.EAST.ACME" is the canonical route',
      'variants of one name reach the canonical route or nothing (S6) > "abcdefghijklmnopqrstuvwxyz.EAST.acme" is the canonical route',
      'variants of one name reach the canonical route or nothing (S6) > "abcdefghijklmnopqrstuvwxyz.east.Acme" is the canonical route',
      'variants of one name reach the canonical route or nothing (S6) > JOIN.east.acme is the controller',
      'the normal form > is a fixed point, and lower case of what came',
    ],
  },
  {
    name: 'trailing-dot-taken',
    guarantee: 'A server name with a trailing dot is refused, not mended (S6).',
    ...SERVER_NAME,
    replace: 'const wrong = flawOf(raw);',
    by: "raw = raw.replace(/\\.$/, '');\n  const wrong = flawOf(raw);",
    fails: [
      'variants of one name reach the canonical route or nothing (S6) > "abcdefghijklmnopqrstuvwxyz.east.acme." is refused',
      'the normal form > is a fixed point, and lower case of what came',
    ],
  },
  {
    name: 'server-name-length-off-by-one',
    guarantee: 'A server name has 253 characters at most (S6).',
    ...SERVER_NAME,
    replace: 'raw.length > MAX_NAME',
    by: 'raw.length >= MAX_NAME',
    fails: ['the normal form > takes 253 characters and no more'],
  },
  {
    name: 'address-as-server-name',
    guarantee: 'An IP address is no server name (S6).',
    ...SERVER_NAME,
    replace: "return ENDS_IN_NUMBER.test(name) ? 'is an IP address' : undefined",
    by: 'return undefined',
    fails: ['the normal form > is none of the address…'],
  },
  {
    name: 'first-of-several-names',
    guarantee: 'A ClientHello with several server names is refused (S6).',
    ...HELLO_BODY,
    replace: 'if (remaining(list) > 0)\n    return err',
    by: 'if (false)\n    return err',
    fails: [
      'what is no ClientHello is refused > two server names',
      'what is no ClientHello is refused > a server name and one of another type',
    ],
  },
  {
    name: 'last-of-two-extensions',
    guarantee: 'A ClientHello with an extension twice is refused (S6).',
    ...HELLO_BODY,
    replace: 'if (found.has(type))',
    by: 'if (false)',
    fails: [
      'what is no ClientHello is refused > the server name extension twice',
      'what is no ClientHello is refused > another extension twice',
    ],
  },
  {
    name: 'hello-cap-off-by-one',
    guarantee: 'A ClientHello takes 16 KiB at most, and may take as much (S4).',
    ...CLIENT_HELLO,
    replace: 'onWire <= HELLO_CAP_BYTES',
    by: 'onWire < HELLO_CAP_BYTES',
    fails: ['size (S4) > is taken at 16 KiB and refused one byte over it'],
  },
  {
    name: 'hello-cap-ignored',
    guarantee: 'A ClientHello over 16 KiB is refused before it is held (S4).',
    ...CLIENT_HELLO,
    replace: 'onWire <= HELLO_CAP_BYTES',
    by: 'true',
    fails: [
      'size (S4) > is taken at 16 KiB and refused one byte over it',
      'size (S4) > is refused as soon as its length is known, before its bytes are held',
      'size (S4) > is never waited for beyond 16 KiB, however it is cut',
    ],
  },
  {
    name: 'first-record-only',
    guarantee: 'A ClientHello is put together from all of its TLS records (S2).',
    ...CLIENT_HELLO,
    replace: 'if (single >= count) return',
    by: 'if (true) return',
    fails: ['fragments (S2) > in records of every size gives the same name, byte by byte too'],
  },
  {
    name: 'second-message-ignored',
    guarantee: 'Nothing but the ClientHello stands in its records (S2).',
    ...CLIENT_HELLO,
    replace: 'if (surplus > 0)',
    by: 'if (false)',
    fails: ['what is no ClientHello is refused > two messages in one record'],
  },
];
