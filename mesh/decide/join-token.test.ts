import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterName, MeshName } from '../model/names.ts';
import { decodeJoinToken, encodeJoinToken, type JoinToken } from './join-token.ts';

const token: JoinToken = {
  ...{ mesh: 'acme' as MeshName, founder: 'east' as ClusterName, cluster: 'west' as ClusterName },
  gateways: [{ host: '203.0.113.10', port: 15443, zone: 'eu-1' }],
  ...{ rootFingerprint: 'ab'.repeat(32), secret: 'cd'.repeat(32), expiresAt: 1_800_000_000_000 },
};
const encode = (content: unknown): string => encodeJoinToken(content as JoinToken);

function refusal(line: string): string {
  const decoded = decodeJoinToken(line);
  return decoded.ok ? 'accepted' : `${decoded.error.code} ${decoded.error.field ?? ''}`.trim();
}

describe('join tokens', () => {
  it('survive the trip as one line', () => {
    const line = encodeJoinToken(token);
    expect(line).toMatch(/^isthmus-join-[\w-]+$/);
    expect(decodeJoinToken(`  ${line}\r\n`)).toEqual({ ok: true, value: token });
  });

  it.each([
    ['mesh', { mesh: 'A.b' }],
    ['mesh', { mesh: ['acme'] }],
    ['founder', { founder: '' }],
    ['cluster', { cluster: 'a'.repeat(64) }],
    ['rootFingerprint', { rootFingerprint: 'AB'.repeat(32) }],
    ['rootFingerprint', { rootFingerprint: undefined }],
    ['secret', { secret: 'cd'.repeat(16) }],
    ['expiresAt', { expiresAt: 1.5 }],
    ['expiresAt', { expiresAt: '1800000000000' }],
    ['gateways', { gateways: [] }],
    ['gateways', { gateways: { length: 1 } }],
    ['gateways', { gateways: Array.from({ length: 17 }, () => token.gateways[0]) }],
    ['gateways', { gateways: [null] }],
    ['gateways', { gateways: [{ host: 'a b', port: 1, zone: '' }] }],
    ['gateways', { gateways: [{ host: 'a', port: 0, zone: '' }] }],
    ['gateways', { gateways: [{ host: 'a', port: 65536, zone: '' }] }],
    ['gateways', { gateways: [{ host: 'a', port: 1, zone: '\u001b[31m' }] }],
    ['v', { v: 2 }],
  ])('name the field at fault: %s', (field, change) => {
    expect(refusal(encode({ ...token, ...change }))).toBe(`token_invalid ${field}`);
  });

  it('show any change of a character, and any cut', () => {
    const line = encodeJoinToken(token);
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.constantFrom('A', 'b', '9', '-', '_', ' '), (at, character) => {
        const altered = line.slice(0, at) + character + line.slice(at + 1);
        fc.pre(altered !== line);
        expect(refusal(altered)).toBe('token_invalid');
        expect(refusal(line.slice(0, at))).toBe('token_invalid');
      }),
    );
  });

  it('never throw, whatever is given for one', () => {
    for (const odd of ['', 'isthmus-join-', 'x'.repeat(100_000), encode(null), encode([]), encode('x')])
      expect(refusal(odd)).toMatch(/^token_invalid/);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(refusal(`isthmus-join-${text}`)).toMatch(/^token_invalid/);
      }),
    );
  });
});
