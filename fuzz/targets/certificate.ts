/**
 * Certificates of peers (S18): whatever the bytes are, no exception; and an identity is only ever the one that OpenSSL
 * reads in the same bytes, of a certificate that is no authority, with the times that OpenSSL reads.
 */
import { X509Certificate } from 'node:crypto';
import { parseCertificate, type ParsedCertificate } from '../../mesh/decide/certificate/parse-certificate.ts';
import { validateSvid } from '../../mesh/decide/certificate/validate-svid.ts';
import { fromPem, integer, sequence } from '../../mesh/adapters/x509/der.ts';
import {
  authorityConstraints,
  extension,
  forgeLeaf,
  generalNames,
  type Flaw,
} from '../../mesh/adapters/tls/testing/forge-leaf.ts';
import { admitKey, foundMesh, issue, mesh } from '../../mesh/adapters/tls/testing/test-mesh.ts';
import { formatIdentity, type Identity } from '../../mesh/model/identity.ts';
import { changeDer } from '../change-der.ts';
import { must, mustEqual, type Target } from '../target.ts';

const GOOD = 'spiffe://west.acme/ns/shop/sa/cart';
const FLAWS: readonly Flaw[] = [
  {},
  {
    names: [
      [6, GOOD],
      [6, 'spiffe://east.acme/ns/shop/sa/cart'],
    ],
  },
  {
    names: [
      [6, GOOD],
      [2, 'cart.example'],
    ],
  },
  { names: [[6, `${GOOD}\0.evil`]] },
  {
    names: [
      [2, `x, URI:${GOOD}`],
      [6, GOOD],
    ],
  },
  { names: [[7, '\x7f\0\0\x01']] },
  { basicConstraints: authorityConstraints },
  { basicConstraints: sequence(integer(Buffer.from([0]))) },
  { more: [extension('2.5.29.17', true, generalNames([[6, 'spiffe://west.acme/ns/shop/sa/web']]))] },
  { keyUsage: 0x84 },
  { keyUsage: undefined },
  { purposes: [1] },
];

export const certificate: Target = {
  name: 'certificate',
  sources: ['mesh/decide/certificate/', 'mesh/model/identity.ts'],
  seeds() {
    const east = foundMesh('east');
    const west = admitKey(east, 'west');
    const program: Identity = { kind: 'program', mesh, cluster: east.cluster, program: 'controller' };
    const chains = [issue(east, program), ...FLAWS.map((flaw) => forgeLeaf(west, flaw))];
    return [
      ...chains.map(({ certificateChain }) => certificateChain),
      ...east.bundle().roots,
      west.intermediate,
    ]
      .flatMap((pem) => fromPem(pem) ?? [])
      .filter((der, i, all) => all.findIndex((other) => other.equals(der)) === i);
  },
  words: [
    GOOD,
    'spiffe://',
    '/ns/',
    '/isthmus/controller',
    '\x06\x03\x55\x1d\x11',
    '\x01\x01\xff',
    '\x30\x80',
    '\x00\x00',
  ],
  maxBytes: 20_000,
  change: changeDer,
  cases: 6_000,
  check(input) {
    const parsed = parseCertificate(input);
    if (!parsed.ok) return;
    for (const role of ['client', 'server'] as const) {
      const nowMs = parsed.value.notBefore;
      const peer = validateSvid(parsed.value, { mesh, expect: { kind: 'member' }, role, nowMs });
      if (peer.ok) mustBeWhatOpensslReads(input, peer.value, parsed.value);
    }
  },
};

/** Basic constraints that begin with TRUE, whatever key usage says. */
const AUTHORITY = /\x06\x03\x55\x1d\x13(?:\x01\x01\xff)?\x04.\x30.\x01\x01[^\0]/s;

function mustBeWhatOpensslReads(der: Buffer, identity: Identity, parsed: ParsedCertificate): void {
  const theirs = readWithOpenssl(der);
  // What it does not read never comes further than its handshake.
  if (theirs === undefined) return;
  must(theirs.raw.length === der.length, 'OpenSSL reads all of its bytes', theirs.raw.length, der.length);
  must(!theirs.ca && !AUTHORITY.test(der.toString('latin1')), 'it is no authority', identity);
  const names = (theirs.subjectAltName ?? '').split(', ');
  const uris = names.filter((name) => name.startsWith('URI:'));
  mustEqual(uris, [`URI:${formatIdentity(identity)}`], 'OpenSSL reads the same name');
  mustEqual(
    [theirs.validFromDate.getTime(), theirs.validToDate.getTime()],
    [parsed.notBefore, parsed.notAfter],
    'OpenSSL reads the same times',
  );
  const purposes = theirs.keyUsage as readonly string[] | undefined;
  mustEqual(purposes ?? [], parsed.extendedKeyUsage, 'OpenSSL reads the same purposes');
}

function readWithOpenssl(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}
