/** S18: what OpenSSL does not take for an extension, an identifier or a time is not read as one here either. */
import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../decide/certificate/parse-certificate.ts';
import type { Asn1 } from '../../kit/forge.ts';
import { context, fromPem, integer, oid, rawBits, sequence } from '../x509/der.ts';
import { extension, forgeLeaf, type Flaw } from './testing/forge-leaf.ts';
import { admitKey, foundMesh } from './testing/test-mesh.ts';

const west = admitKey(foundMesh('east'), 'west');

function leaf(flaw: Flaw): Buffer {
  const [der] = fromPem(forgeLeaf(west, flaw).certificateChain) ?? [];
  if (der === undefined) throw new Error('no certificate');
  return der;
}

/** A leaf with this value in place of the usual one. */
function withValue(id: string, value: Asn1): Buffer {
  const left: Record<string, Flaw> = {
    '2.5.29.15': { keyUsage: undefined },
    '2.5.29.17': { names: undefined },
    '2.5.29.35': { authorityKeyId: undefined },
    '2.5.29.37': { purposes: undefined },
  };
  return leaf({ ...left[id], more: [extension(id, true, value)] });
}

const seven = integer(Buffer.from([7]));

describe('a certificate', () => {
  it('as it is made can be parsed', () => {
    expect(parseCertificate(leaf({})).ok).toBe(true);
  });

  it.each<[string, Buffer]>([
    ['a purpose that is no identifier', withValue('2.5.29.37', sequence(seven))],
    [
      'a purpose of another class',
      withValue('2.5.29.37', sequence(context(6, '+\x06\x01\x05\x05\x07\x03\x02'))),
    ],
    ['no purpose in its list', withValue('2.5.29.37', sequence())],
    ['names that are no list', withValue('2.5.29.17', oid('1.2.3'))],
    ['a name without its kind', withValue('2.5.29.17', sequence(seven))],
    ['a key usage that is a number', withValue('2.5.29.15', seven)],
    ['a key usage without bits', withValue('2.5.29.15', rawBits(Buffer.from([0])))],
    ['an authority key that is no list', withValue('2.5.29.35', seven)],
    ['a path length in the place of its kind', leaf({ basicConstraints: sequence(seven) })],
  ])('with %s is refused', (_, der) => {
    expect(parseCertificate(der)).toMatchObject({ ok: false, error: { code: 'invalid_certificate' } });
  });

  it('whose purpose ends in the middle of a number is refused', () => {
    const der = leaf({});
    const client = Buffer.from('+\x06\x01\x05\x05\x07\x03\x02', 'latin1');
    der[der.indexOf(client) + client.length - 1] = 0x82;
    expect(parseCertificate(der).ok).toBe(false);
  });

  it('whose time is in bytes of another kind is refused', () => {
    const der = leaf({});
    // UTCTime becomes PrintableString.
    der[der.indexOf(Buffer.from([0x17, 13]))] = 0x13;
    expect(parseCertificate(der).ok).toBe(false);
  });
});
