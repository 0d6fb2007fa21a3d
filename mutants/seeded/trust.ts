/** Whom the mesh certifies: requests, bundles, keys, and their renewal. */
import type { Mutant } from '../mutant.ts';

const ISSUE = { file: 'mesh/adapters/x509/issue.ts', test: 'mesh/adapters/x509/issue.test.ts' } as const;
const REQUEST = {
  file: 'mesh/adapters/x509/request.ts',
  test: 'mesh/adapters/x509/request.test.ts',
} as const;
const MEMBERS = {
  file: 'mesh/adapters/trust/members.ts',
  test: 'mesh/adapters/trust/authority.test.ts',
} as const;
const MEMBERS_IN_DAMAGED_TRUST = {
  file: 'mesh/adapters/trust/members.ts',
  test: 'mesh/adapters/trust/damaged-trust.test.ts',
} as const;
const SIGNED_BUNDLE = {
  file: 'mesh/adapters/trust/signed-bundle.ts',
  test: 'mesh/adapters/trust/authority.test.ts',
} as const;
const AUTHORITY = {
  file: 'mesh/adapters/trust/authority.ts',
  test: 'mesh/adapters/trust/authority.test.ts',
} as const;
const SIGNED_BUNDLE_IN_DAMAGED_TRUST = {
  file: 'mesh/adapters/trust/signed-bundle.ts',
  test: 'mesh/adapters/trust/damaged-trust.test.ts',
} as const;
const AUTHORITY_STATE = {
  file: 'mesh/adapters/trust/authority-state.ts',
  test: 'mesh/adapters/trust/damaged-trust.test.ts',
} as const;
const FOLDER_KEY_STORE = {
  file: 'mesh/adapters/trust/folder-key-store.ts',
  test: 'mesh/adapters/trust/key-store.test.ts',
} as const;
const ROTATING_IDENTITY = {
  file: 'mesh/adapters/trust/rotating-identity.ts',
  test: 'mesh/adapters/trust/rotating-identity.test.ts',
} as const;

export const TRUST: readonly Mutant[] = [
  {
    name: 'name-constraints-left-out',
    guarantee: 'The intermediate of a cluster cannot speak for another one (S19).',
    ...ISSUE,
    replace: 'nameConstraints(trustDomain(cluster, mesh)),',
    by: '',
    fails: ['issuing > makes intermediates that cannot speak for another cluster (S19)'],
  },
  {
    name: 'intermediate-makes-authorities',
    guarantee: 'The intermediate of a cluster signs leaves only (S20).',
    ...ISSUE,
    replace: 'basicConstraints(0),',
    by: 'basicConstraints(undefined),',
    fails: ['issuing > makes intermediates under which there are leaves only (S20)'],
  },
  {
    name: 'not-back-dated',
    guarantee: 'Certificates are valid for clocks that are five minutes late (F15).',
    ...ISSUE,
    replace: 'const BACKDATE_MS = 5 * 60_000',
    by: 'const BACKDATE_MS = 0',
    fails: ['issuing > makes certificates that hold for clocks which are five minutes late (F15)'],
  },
  {
    name: 'request-signature-ignored',
    guarantee: 'A request for a certificate proves that its sender has the key (S20).',
    ...REQUEST,
    replace: 'return genuine ?',
    by: 'return true ?',
    fails: [
      'a hostile request > that is a changed signature is refused',
      'a hostile request > that is the signature of another key is refused',
      'a hostile request > that is another digest is refused',
    ],
  },
  {
    name: 'weak-key-certified',
    guarantee: 'Only keys of P-256 are certified (S20).',
    ...REQUEST,
    replace: "namedCurve !== 'prime256v1'",
    by: "namedCurve === ''",
    fails: [
      'a hostile request > that is a key of P-384 is refused',
      'a hostile request > that is a key of P-224 is refused',
      'a hostile request > that is a key of secp256k1 is refused',
      'a hostile request > that is a key of RSA 1024 is refused',
    ],
  },
  {
    name: 'member-name-given-twice',
    guarantee: 'A name of a cluster is given to one key (S24).',
    ...MEMBERS,
    replace: 'if (new X509Certificate(holder.certificate).publicKey.equals(publicKey))',
    by: 'if (true)',
    fails: ['the authority of a founder > admits a name once, but the same key again'],
  },
  {
    name: 'withdrawn-key-readmitted',
    guarantee: 'The key of an evicted member is never certified again (S25).',
    ...MEMBERS_IN_DAMAGED_TRUST,
    replace: 'if (evicted.includes(toHex(keyId(publicKey))))',
    by: 'if (false)',
    fails: ['a member’s key > does not come back after its eviction'],
  },
  {
    name: 'unsigned-bundle-accepted',
    guarantee: 'A bundle is signed by a root that is trusted already (S22).',
    ...SIGNED_BUNDLE,
    replace: 'return genuine ?',
    by: 'return true ?',
    fails: ['the authority of a founder > takes only bundles that the root signed and that are newer'],
  },
  {
    name: 'older-bundle-accepted',
    guarantee: 'An older bundle does not take the place of a newer one (S25).',
    ...AUTHORITY,
    replace: 'if (opened.value.version < bundle.version)',
    by: 'if (false)',
    fails: ['the authority of a founder > takes only bundles that the root signed and that are newer'],
  },
  {
    name: 'bundle-of-another-mesh',
    guarantee: 'A bundle is of this mesh (S19).',
    ...SIGNED_BUNDLE_IN_DAMAGED_TRUST,
    replace: 'if (bundle.mesh !== expected.mesh)',
    by: 'if (false)',
    fails: ['bundles from others > are of this mesh, of a bounded size, and signed by a root that is held'],
  },
  {
    name: 'key-of-another-certificate',
    guarantee: 'Keys that do not fit their certificates are refused (S22).',
    ...AUTHORITY_STATE,
    replace: 'return fits ?',
    by: 'return true ?',
    fails: ['a damaged store > is refused when a file is another cluster’s'],
  },
  {
    name: 'key-readable-by-group',
    guarantee: 'A private key that others can read is refused (S24).',
    ...FOLDER_KEY_STORE,
    replace: 'READABLE_BY_OTHERS = 0o077',
    by: 'READABLE_BY_OTHERS = 0o007',
    fails: [
      'a folder of keys > refuses a key of mode 416, and says how to mend it',
      'a folder of keys > refuses a key of mode 400, and says how to mend it',
    ],
  },
  {
    name: 'renewals-all-at-once',
    guarantee: 'Renewals of a fleet that started together are spread (F5).',
    ...ROTATING_IDENTITY,
    replace: '(0.45 + 0.1 * random.next())',
    by: '0.5',
    fails: ['a rotating identity > never asks in a busy loop, even when chance and dates are against it'],
  },
  {
    name: 'certificate-of-another-taken',
    guarantee: 'A program takes no certificate that is for another identity (S20).',
    ...ROTATING_IDENTITY,
    replace: 'if (formatIdentity(identity.value) !== formatIdentity(id))',
    by: 'if (false)',
    fails: [
      'a rotating identity > takes no certificate that is another’s, for another key, ended or unreadable',
    ],
  },
];
