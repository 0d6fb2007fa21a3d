/** Joining, leaving, evicting, and the certificates of programs and workloads. */
import type { Mutant } from '../mutant.ts';

const JOIN_TOKENS = {
  file: 'mesh/adapters/trust/join-tokens.ts',
  test: 'mesh/adapters/trust/authority.test.ts',
} as const;
const JOIN_TOKENS_IN_JOIN = {
  file: 'mesh/adapters/trust/join-tokens.ts',
  test: 'federation/join/join.test.ts',
} as const;
const JOIN_SERVICE = {
  file: 'federation/join/join-service.ts',
  test: 'federation/join/join.test.ts',
} as const;
const JOIN_TOKEN = { file: 'mesh/decide/join-token.ts', test: 'mesh/decide/join-token.test.ts' } as const;
const PINNED_ROOT = {
  file: 'mesh/adapters/tls/pinned-root.ts',
  test: 'mesh/adapters/tls/pinned-root.test.ts',
} as const;
const ASK_TO_JOIN = { file: 'federation/join/ask-to-join.ts', test: 'federation/join/join.test.ts' } as const;
const CHECK_INTERMEDIATE = {
  file: 'federation/join/check-intermediate.ts',
  test: 'federation/join/check-intermediate.test.ts',
} as const;
const JOIN_MESH = { file: 'federation/join/join-mesh.ts', test: 'federation/join/join.test.ts' } as const;
const LEAVE_MESH = { file: 'federation/join/leave-mesh.ts', test: 'federation/join/join.test.ts' } as const;
const ENROLMENT_SERVICE = {
  file: 'federation/enrolment-service.ts',
  test: 'federation/enrolment-service.test.ts',
} as const;
const ENROLMENT_TOKEN = {
  file: 'mesh/adapters/trust/enrolment-token.ts',
  test: 'federation/enrolment-service.test.ts',
} as const;
const ENROL = {
  file: 'mesh/adapters/discovery/enrol.ts',
  test: 'federation/enrolment-service.test.ts',
} as const;
const CREATE_TOKEN = {
  file: 'federation/join/create-token.ts',
  test: 'federation/join/create-token.test.ts',
} as const;
const JOIN_SERVICE_IN_JOIN_SERVICE = {
  file: 'federation/join/join-service.ts',
  test: 'federation/join/join-service.test.ts',
} as const;

export const JOIN: readonly Mutant[] = [
  {
    name: 'token-used-twice',
    guarantee: 'A join token works once (S24).',
    ...JOIN_TOKENS,
    replace: 'found.usedBy !== undefined && found.usedBy !== usedBy',
    by: 'false',
    fails: ['join tokens (S24) > work once, also after a restart, and again only for the same key'],
  },
  {
    name: 'expired-token-accepted',
    guarantee: 'A join token ends (S24).',
    ...JOIN_TOKENS,
    replace: 'nowMs >= found.expiresAt',
    by: 'nowMs > found.expiresAt',
    fails: ['join tokens (S24) > end, are for one cluster, and must have been issued'],
  },
  {
    name: 'token-for-another-name',
    guarantee: 'A join token is for one cluster name (S24).',
    ...JOIN_TOKENS,
    replace: 'if (found.cluster !== cluster)',
    by: 'if (false)',
    fails: ['join tokens (S24) > end, are for one cluster, and must have been issued'],
  },
  {
    name: 'token-not-marked-at-once',
    guarantee: 'A join token is marked used before anybody else is answered (S24).',
    ...JOIN_TOKENS_IN_JOIN,
    replace: 'save(tokens.map((token) => (token === found ? { ...found, usedBy } : token)));',
    by: 'setTimeout(() => save(tokens.map((token) => (token === found ? { ...found, usedBy } : token))), 500);',
    fails: [
      'joining > asks with the same key after a broken try, and with a new one after a refusal',
      'joining > can be repeated: a member is told so, a lost answer is given again to the same key',
      'joining > gives a token away once to 100 that ask at the same time (S24)',
      'joining > writes no secret down (S24)',
    ],
  },
  {
    name: 'token-kept-in-clear',
    guarantee: 'A join token is stored as its hash only (S24).',
    ...JOIN_TOKENS_IN_JOIN,
    replace: '{ hash: hashOf(secret), cluster, expiresAt }',
    by: "{ hash: hashOf(secret), cluster, expiresAt, secret: Buffer.from(secret).toString('hex') }",
    fails: ['joining > writes no secret down (S24)'],
  },
  {
    name: 'token-logged',
    guarantee: 'No log line tells the secret of a token (S24).',
    ...JOIN_SERVICE,
    replace: "log.warn('join refused', { cluster,",
    by: "log.warn('join refused', { secret: Buffer.from(call.request.secret).toString('hex'), cluster,",
    fails: ['joining > writes no secret down (S24)'],
  },
  {
    name: 'token-checksum-ignored',
    guarantee: 'A token that was cut or altered on its way says so (S24).',
    ...JOIN_TOKEN,
    replace: 'checksum(content) !== line.slice(-CHECKSUM)',
    by: 'false',
    fails: ['join tokens > show any change of a character, and any cut'],
  },
  {
    name: 'pin-not-compared',
    guarantee: 'A newcomer finds the root that its token names (S23).',
    ...PINNED_ROOT,
    replace: 'fingerprint(certificate.raw) === rootFingerprint',
    by: 'certificate.ca',
    fails: [
      'fetchPinnedRoot > answers the root that the token names',
      'fetchPinnedRoot > refuses everybody else, also with a copy of the root, and tells them nothing',
    ],
  },
  {
    name: 'copy-of-root-believed',
    guarantee: 'A copy of the root proves nothing: the chain is signed up to it (S23).',
    ...PINNED_ROOT,
    replace: 'isSignedUp(chain.slice(0, at + 1))',
    by: 'true',
    fails: ['fetchPinnedRoot > refuses everybody else, also with a copy of the root, and tells them nothing'],
  },
  {
    name: 'any-member-as-founder',
    guarantee: 'A newcomer tells its secret to the controller of the founder only (S23).',
    ...ASK_TO_JOIN,
    replace: "expect: { kind: 'program', program: 'controller', cluster: token.founder }",
    by: "expect: { kind: 'member' }",
    fails: ['joining > refuses another member in the place of the founder'],
  },
  {
    name: 'intermediate-for-other-names',
    guarantee: 'A newcomer takes an intermediate for its own name only (S20).',
    ...CHECK_INTERMEDIATE,
    replace: 'permitted === undefined || permitted.size !== 1 || !permitted.has(domain)',
    by: 'permitted === undefined',
    fails: [
      'the intermediate that a newcomer was given > is refused for another cluster',
      'the intermediate that a newcomer was given > is refused for another mesh',
    ],
  },
  {
    name: 'intermediate-for-another-key',
    guarantee: 'A newcomer takes an intermediate for its own key only (S20).',
    ...CHECK_INTERMEDIATE,
    replace: '!certificate.publicKey.equals(expected.publicKey)',
    by: 'false',
    fails: [
      'the intermediate that a newcomer was given > is refused for another key',
      'the intermediate that a newcomer was given > is refused for the root itself',
    ],
  },
  {
    name: 'intermediate-of-another-root',
    guarantee: 'A newcomer takes an intermediate of the pinned root only (S23).',
    ...CHECK_INTERMEDIATE,
    replace: '!certificate.checkIssued(root) || !certificate.verify(root.publicKey)',
    by: 'false',
    fails: ['the intermediate that a newcomer was given > is refused for another root'],
  },
  {
    name: 'joiner-dials-loopback',
    guarantee: 'A token cannot make a newcomer dial its own machine (S26).',
    ...JOIN_MESH,
    replace: 'checkPeerHost(gateway.host, options)',
    by: 'checkPeerHost(gateway.host, { allowLoopback: true })',
    fails: ['joining > tries the other gateways of the token, and dials no loopback unless it may'],
  },
  {
    name: 'founder-leaves-members-behind',
    guarantee: 'The founder stays while the mesh has other members (S25).',
    ...LEAVE_MESH,
    replace: 'authority.isFounder && others.length > 0',
    by: 'false',
    fails: ['leaving and evicting > keeps the founder in while others are'],
  },
  {
    name: 'keys-kept-after-leaving',
    guarantee: 'Who has left keeps no key of the mesh (S25).',
    ...LEAVE_MESH,
    replace: 'for (const name of KEY_NAMES) keys.remove(name);',
    by: '',
    fails: [
      'leaving and evicting > tells all, has the founder withdraw the intermediate, and removes the own trust (S25)',
    ],
  },
  {
    name: 'workload-becomes-controller',
    guarantee: 'The certificate of a controller is given to nobody else (S20).',
    ...ENROLMENT_SERVICE,
    replace: 'return isController ?',
    by: 'return false ?',
    fails: ['enrolment > refuses a token for the controller itself'],
  },
  {
    name: 'identity-of-another-cluster',
    guarantee: 'A controller certifies identities of its own cluster only (S20).',
    ...ENROLMENT_SERVICE,
    replace: ' || identity.cluster !== cluster',
    by: '',
    fails: [
      'enrolment > refuses a token for another cluster',
      'enrolment > refuses members of other clusters, whatever they hold',
    ],
  },
  {
    name: 'forged-enrolment-token',
    guarantee: 'An enrolment token is made with the key of its cluster (S20).',
    ...ENROLMENT_TOKEN,
    replace: '!timingSafeEqual(given, wanted)',
    by: 'false',
    fails: ['enrolment > refuses a token of another key'],
  },
  {
    name: 'expired-enrolment-token',
    guarantee: 'An enrolment token ends (S20).',
    ...ENROLMENT_TOKEN,
    replace: '!(nowMs < Number(expiry))',
    by: 'false',
    fails: ['enrolment > refuses a token that has ended'],
  },
  {
    name: 'enrolment-at-any-server',
    guarantee: 'A workload tells its token to the controller of its cluster only (S20).',
    ...ENROL,
    replace: "expect: { kind: 'program', program: 'controller', cluster },\n      }),\n  });\n}\n\nfunction",
    by: "expect: { kind: 'member' },\n      }),\n  });\n}\n\nfunction",
    fails: ['enrolment > sends its token to nobody but the controller of its cluster'],
  },
  {
    name: 'token-lives-for-days',
    guarantee: 'A join token lives for fifteen minutes at most (S24).',
    ...CREATE_TOKEN,
    replace: 'Math.min(lifeMs, TOKEN_LIFE_MS)',
    by: 'lifeMs',
    fails: [
      'a join token (S24) > asked for 960000 ms lives for 15 minutes',
      'a join token (S24) > asked for 86400000 ms lives for 15 minutes',
    ],
  },
  {
    name: 'join-requests-unlimited',
    guarantee: 'Requests to join are limited in their rate (S30).',
    ...JOIN_SERVICE_IN_JOIN_SERVICE,
    replace: 'admitted === undefined ? busy() :',
    by: '',
    fails: ['answers 200 requests at once and ten a second after that, so that asking is not free (S30)'],
  },
  {
    name: 'join-answered-before-kept',
    guarantee: 'A join is answered only when the founder has kept it (S24).',
    file: 'federation/join/join-service.ts',
    test: 'federation/join/join.test.ts',
    replace: 'if (!kept.ok) return refuse(kept.error, call, answer);',
    by: '',
    fails: ['joining > is answered only when the founder has kept it; the same key may ask again'],
  },
];
