/** Who a peer is: its certificate, its chain, and the links that are made with it. */
import type { Mutant } from '../mutant.ts';

const VALIDATE_SVID = {
  file: 'mesh/decide/certificate/validate-svid.ts',
  test: 'mesh/decide/certificate/validate-svid.test.ts',
} as const;
const VERIFY_PEER = {
  file: 'mesh/adapters/tls/verify-peer.ts',
  test: 'mesh/adapters/tls/bad-certificates.test.ts',
} as const;
const LEAF_ISSUER = {
  file: 'mesh/adapters/tls/leaf-issuer.ts',
  test: 'mesh/adapters/tls/bad-certificates.test.ts',
} as const;
const LINK = {
  file: 'mesh/adapters/tls/link.ts',
  test: 'mesh/adapters/tls/bad-certificates.test.ts',
} as const;
const MESH_TLS = {
  file: 'mesh/adapters/tls/mesh-tls.ts',
  test: 'mesh/adapters/tls/mesh-tls.test.ts',
} as const;
const LINK_IN_MESH_TLS = {
  file: 'mesh/adapters/tls/link.ts',
  test: 'mesh/adapters/tls/mesh-tls.test.ts',
} as const;

export const CERTIFICATES: readonly Mutant[] = [
  {
    name: 'authority-as-peer',
    guarantee: 'A certificate authority is never a peer (S18).',
    ...VALIDATE_SVID,
    replace: 'if (certificate.isCa)',
    by: 'if (false)',
    fails: ['the rules of SPIFFE X509-SVID > refuse an authority'],
  },
  {
    name: 'two-identities',
    guarantee: 'A certificate has exactly one identity (S18).',
    ...VALIDATE_SVID,
    replace: 'certificate.uris.length !== 1',
    by: 'certificate.uris.length < 1',
    fails: ['the rules of SPIFFE X509-SVID > refuse two URIs'],
  },
  {
    name: 'other-names-ignored',
    guarantee: 'A name that is neither URI nor DNS makes a certificate invalid (S18).',
    ...VALIDATE_SVID,
    replace: 'if (certificate.otherNames > 0)',
    by: 'if (false)',
    fails: ['the rules of SPIFFE X509-SVID > refuse another name'],
  },
  {
    name: 'usage-not-critical',
    guarantee: 'The key usage of a peer is critical (S18).',
    ...VALIDATE_SVID,
    replace: 'usage === undefined || !usage.critical',
    by: 'usage === undefined',
    fails: ['the rules of SPIFFE X509-SVID > refuse a key usage that is not critical'],
  },
  {
    name: 'extended-usage-ignored',
    guarantee: 'A certificate is used for the role that it was issued for only (S18).',
    ...VALIDATE_SVID,
    replace: '!certificate.extendedKeyUsage.includes(EXTENDED_KEY_USAGE[role])',
    by: 'false',
    fails: ['the rules of SPIFFE X509-SVID > refuse the wrong purpose'],
  },
  {
    name: 'unknown-critical-ignored',
    guarantee: 'An unknown critical extension makes a certificate invalid (S18).',
    ...VALIDATE_SVID,
    replace: 'certificate.unknownCritical.length > 0',
    by: 'false',
    fails: ['the rules of SPIFFE X509-SVID > refuse an unknown critical extension'],
  },
  {
    name: 'expiry-off-by-one',
    guarantee: 'A certificate holds until the last moment of its time and not longer (F13).',
    ...VALIDATE_SVID,
    replace: 'context.nowMs > certificate.notAfter',
    by: 'context.nowMs >= certificate.notAfter',
    fails: ['the rules of SPIFFE X509-SVID > bound the time exactly'],
  },
  {
    name: 'early-certificate-accepted',
    guarantee: 'A certificate does not hold before its time (F15).',
    ...VALIDATE_SVID,
    replace: 'context.nowMs < certificate.notBefore',
    by: 'context.nowMs < certificate.notBefore - 1',
    fails: ['the rules of SPIFFE X509-SVID > bound the time exactly'],
  },
  {
    name: 'foreign-mesh-accepted',
    guarantee: 'A peer is of this mesh (S19).',
    ...VALIDATE_SVID,
    replace: 'identity.mesh !== mesh',
    by: 'identity.mesh === undefined',
    fails: ['whom a link expects > 12 is decided'],
  },
  {
    name: 'foreign-trust-domain-accepted',
    guarantee: 'A peer is of the trust domain that the link leads to (S19).',
    ...VALIDATE_SVID,
    replace: ' && identity.cluster !== expect.cluster',
    by: ' && false',
    fails: ['whom a link expects > 4 is decided', 'whom a link expects > 10 is decided'],
  },
  {
    name: 'any-account-accepted',
    guarantee: 'A workload has one of the service accounts that the link leads to (S18).',
    ...VALIDATE_SVID,
    replace: 'allowed && expect.serviceAccounts.includes(identity.serviceAccount)',
    by: 'allowed',
    fails: ['whom a link expects > 8 is decided', 'whom a link expects > 16 is decided'],
  },
  {
    name: 'any-program-accepted',
    guarantee: 'A gateway is no controller (S18).',
    ...VALIDATE_SVID,
    replace: ' && identity.program === expect.program',
    by: '',
    fails: ['whom a link expects > 5 is decided'],
  },
  {
    name: 'evicted-issuer-accepted',
    guarantee: 'Nobody whom an evicted member certified is a peer (S25).',
    ...VERIFY_PEER,
    replace: 'if (evicted !== undefined)',
    by: 'if (false)',
    fails: ['certificates that an evicted member mints > are refused whatever they say of their issuer'],
  },
  {
    name: 'issuer-not-of-a-root',
    guarantee: 'A leaf was signed by an authority that a root signed, not by one below it (S25).',
    ...LEAF_ISSUER,
    replace: 'return signed && certificate.ca ?',
    by: 'return certificate.ca ?',
    fails: [
      'certificates of an authority that a thief of west mints > are refused, though it takes the name of west and so counts for no path length (RFC 5280, 6.1.4)',
    ],
  },
  {
    name: 'issuer-not-the-signer',
    guarantee: 'The authority that a leaf carries is the one that signed it (S25).',
    ...LEAF_ISSUER,
    replace: 'intermediate && leaf.verify(intermediate.publicKey) ?',
    by: 'intermediate ?',
    fails: [
      'certificates that a thief of west mints > are refused with another member as its issuer',
      'certificates of an authority that a thief of west mints > are refused, though it takes the name of west and so counts for no path length (RFC 5280, 6.1.4)',
      'certificates that an evicted member mints > are refused whatever they say of their issuer',
    ],
  },
  {
    name: 'unverified-chain-accepted',
    guarantee: 'The chain of a peer leads to a root of the bundle, within the name constraints (S19).',
    ...LINK,
    replace: 'if (!socket.authorized)',
    by: 'if (false)',
    fails: [
      'certificates that a thief of west mints > are refused with the authority key of another member',
      'certificates that a thief of west mints > are refused with an identity of another member',
      'certificates that a thief of west mints > are refused when the chain is another mesh’s, incomplete, or goes through a leaf',
    ],
  },
  {
    name: 'session-tickets-given',
    guarantee: 'Every connection proves its identity anew (S21).',
    ...MESH_TLS,
    replace: 'secureOptions: constants.SSL_OP_NO_TICKET',
    by: 'secureOptions: 0',
    fails: ['a mesh link > never resumes a session (S21)'],
  },
  {
    name: 'handshakes-unbounded',
    guarantee: 'Handshakes under way are bounded (S30).',
    ...MESH_TLS,
    replace: 'underWay.size >= maxHandshakes',
    by: 'false',
    fails: ['what hostile or absent peers can do > bounds handshakes in number and time'],
  },
  {
    name: 'evicted-link-stays',
    guarantee: 'Open connections of an evicted member end (S25).',
    ...LINK_IN_MESH_TLS,
    replace: 'if (evicted.has(issuer)) socket.destroy()',
    by: 'if (false) socket.destroy()',
    fails: ['a withdrawn member > is refused, and its open connections end, at both ends (S25)'],
  },
];
