/** Join tokens as a hand pastes them: refused with a code or read whole, and never a word of the secret in a refusal. */
import { createHash } from 'node:crypto';
import { decodeJoinToken, encodeJoinToken, type JoinToken } from '../../mesh/decide/join-token.ts';
import type { ClusterName, MeshName } from '../../mesh/model/names.ts';
import { must, mustEqual, type Target } from '../target.ts';

const SECRET = createHash('sha256').update('a secret for tests').digest('hex');
const GOOD: JoinToken = {
  ...{ mesh: 'acme' as MeshName, founder: 'east' as ClusterName, cluster: 'west' as ClusterName },
  gateways: [{ host: '203.0.113.10', port: 15443, zone: 'eu-1' }],
  ...{ rootFingerprint: 'ab'.repeat(32), secret: SECRET, expiresAt: 1_800_000_000_000 },
};

const ODD: readonly object[] = [
  ...[0, -1, 1.5, 65_536].map((port) => ({ gateways: [{ host: 'a', port, zone: '' }] })),
  ...[
    { cluster: 'West' },
    { founder: 'a.b' },
    { mesh: '' },
    { secret: SECRET.toUpperCase() },
    { expiresAt: 1e300 },
  ],
  ...[
    { gateways: [] },
    { gateways: [{ host: 'a b', port: 1, zone: '' }] },
    { rootFingerprint: 'ab' },
    { v: 2 },
  ],
];

/** An input that begins with `{` is the content of a token, whose checksum anybody can make. */
export const joinToken: Target = {
  name: 'join-token',
  sources: ['mesh/decide/join-token.ts'],
  seeds: () => [
    Buffer.from(encodeJoinToken(GOOD)),
    ...[{}, ...ODD].map((change) => Buffer.from(JSON.stringify({ v: 1, ...GOOD, ...change }))),
    Buffer.from(JSON.stringify({ v: 1, ...GOOD, gateways: [{ host: '::1', port: 1, zone: '' }, null, []] })),
    Buffer.from(`{"v":1,"__proto__":${JSON.stringify(GOOD)}}`),
  ],
  words: [
    'isthmus-join-',
    '{',
    '}',
    '[',
    ']',
    '"v":1',
    '__proto__',
    'null',
    'true',
    '""',
    '1e999',
    '-1',
    '\\u0000',
    '.',
  ],
  maxBytes: 9_000,
  cases: 6_000,
  check(input) {
    const text = input.toString('utf8');
    const decoded = decodeJoinToken(text.startsWith('{') ? pack(text) : text);
    if (decoded.ok) {
      mustBeSound(decoded.value);
      mustEqual(
        decodeJoinToken(encodeJoinToken(decoded.value)),
        decoded,
        'a token can be made of what was read',
      );
      return;
    }
    must(decoded.error.code === 'token_invalid', 'a refusal has its code', decoded.error);
    const told = JSON.stringify(decoded.error);
    for (let at = 0; at + 8 <= SECRET.length; at++) {
      must(!told.includes(SECRET.slice(at, at + 8)), 'a refusal tells nothing of the secret', told);
    }
  },
};

function pack(json: string): string {
  const content = Buffer.from(json).toString('base64url');
  return `isthmus-join-${content}${createHash('sha256').update(content).digest('base64url').slice(0, 8)}`;
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function mustBeSound({
  mesh,
  founder,
  cluster,
  rootFingerprint,
  secret,
  expiresAt,
  gateways,
}: JoinToken): void {
  must(
    [mesh, founder, cluster].every((name) => LABEL.test(name)),
    'names are DNS labels',
    mesh,
    founder,
    cluster,
  );
  must(
    [rootFingerprint, secret].every((hex) => /^[0-9a-f]{64}$/.test(hex)),
    'fingerprint and secret are hex',
  );
  must(Number.isSafeInteger(expiresAt), 'the end is a time', expiresAt);
  for (const { host, port, zone } of gateways) {
    must(
      /^[\w.:-]{1,253}$/.test(host) && /^[\w./-]{0,63}$/.test(zone),
      'a gateway is an address',
      host,
      zone,
    );
    must(Number.isInteger(port) && port > 0 && port < 65_536, 'a port is a port', port);
  }
}
