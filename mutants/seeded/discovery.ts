/** What proxies and their controller tell each other. */
import type { Mutant } from '../mutant.ts';

const REGISTRATIONS = {
  file: 'federation/decide/registrations.ts',
  test: 'federation/decide/registrations.test.ts',
} as const;
const HELD_VIEW = {
  file: 'mesh/adapters/discovery/held-view.ts',
  test: 'mesh/adapters/discovery/view-wire.test.ts',
} as const;
const POLICY_WIRE = {
  file: 'mesh/adapters/discovery/policy-wire.ts',
  test: 'mesh/adapters/discovery/view-wire.test.ts',
} as const;
const CONNECT_DISCOVERY = {
  file: 'mesh/adapters/discovery/connect-discovery.ts',
  test: 'mesh/adapters/discovery/connect-discovery.test.ts',
} as const;
const VIEW_DIFF = {
  file: 'federation/decide/view-diff.ts',
  test: 'federation/decide/view-diff.test.ts',
} as const;

export const DISCOVERY: readonly Mutant[] = [
  {
    name: 'account-of-another',
    guarantee: 'A sidecar registers its own service account only (S20).',
    ...REGISTRATIONS,
    replace: '!isOwn || identity.serviceAccount !== serviceAccount',
    by: '!isOwn',
    fails: ['who may register what (S20) > another account of its namespace'],
  },
  {
    name: 'service-of-another-namespace',
    guarantee: 'A sidecar registers services of its own namespace only (S20).',
    ...REGISTRATIONS,
    replace: ' && identity.namespace === namespace;',
    by: ';',
    fails: ['who may register what (S20) > a service of another namespace'],
  },
  {
    name: 'workload-registers-gateway',
    guarantee: 'Only a gateway registers a gateway (S20).',
    ...REGISTRATIONS,
    replace:
      "if (!isGateway) return refuse(`a ${registration.kind === 'gateway' ? 'gateway' : 'plain proxy'}`);",
    by: "if (!isGateway && registration.kind === 'plain') return refuse('a plain proxy');",
    fails: [
      'who may register what (S20) > a gateway, as a workload',
      'who may register what (S20) > a gateway, as the controller',
    ],
  },
  {
    name: 'address-of-another',
    guarantee: 'A sidecar registers the address that it calls from (S26).',
    ...REGISTRATIONS,
    replace: 'if (isThere ||',
    by: 'if (true ||',
    fails: [
      'who may register what (S20) > a plain proxy elsewhere',
      'who may register what (S20) > an address of somebody else',
      'who may register what (S20) > loopback, from elsewhere',
      'who may register what (S20) > a foreign address, from this machine',
    ],
  },
  {
    name: 'name-taken-over',
    guarantee: 'A name of a proxy stays with the workload that has it (S29).',
    ...REGISTRATIONS,
    replace: 'holder !== undefined && !isSameProxy(holder, entry.registration)',
    by: 'false',
    fails: ['registrations > refuse a name that another workload holds, and more proxies than the bound'],
  },
  {
    name: 'proxies-unbounded',
    guarantee: 'A controller serves a bounded number of proxies (S30).',
    ...REGISTRATIONS,
    replace: 'others.live.size >= maxProxies',
    by: 'others.live.size > maxProxies',
    fails: ['registrations > refuse a name that another workload holds, and more proxies than the bound'],
  },
  {
    name: 'old-stream-withdraws-newer',
    guarantee: 'The end of an older stream takes no registration of a newer one (F24).',
    ...REGISTRATIONS,
    replace: 'entry.stream !== stream',
    by: 'entry.stream > stream',
    fails: [
      'registrations > refuse a name that another workload holds, and more proxies than the bound',
      'registrations > hold exactly the last registration of each living stream',
    ],
  },
  {
    name: 'restart-forgets-proxies',
    guarantee: 'A restart of the controller takes no endpoint away (F16, F18).',
    ...REGISTRATIONS,
    replace: 'new Map(registrations.map((entry) => [entry.proxy, entry]))',
    by: 'new Map()',
    fails: ['registrations > remember the last run until it is settled who came back'],
  },
  {
    name: 'half-a-view-in-force',
    guarantee: 'A view comes into force whole (F24).',
    ...HELD_VIEW,
    replace: 'view: update.more ? undefined :',
    by: 'view:',
    fails: ['the held view > is whole only with the last message of a version'],
  },
  {
    name: 'malformed-service-dropped',
    guarantee: 'A malformed entry leaves the last good one in force (F4).',
    ...HELD_VIEW,
    replace: ' ?? held.services.get(entry.key as ServiceKey)',
    by: '',
    fails: ['the held view > keeps what it has of an entry that is malformed, and takes the others (F4)'],
  },
  {
    name: 'unverified-bundle-held',
    guarantee: 'A proxy keeps the bundle that it could verify (S22).',
    ...HELD_VIEW,
    replace: '(accept(openBundle(update.bundle)) ?? before.bundle)',
    by: 'accept(openBundle(update.bundle))',
    fails: ['the held view > keeps the bundle that it could verify'],
  },
  {
    name: 'unknown-level-read',
    guarantee: 'A policy with a field of the future is refused, not guessed (F26).',
    ...POLICY_WIRE,
    replace: "if (kind !== 'clusters' && kind !== 'regions') return 'kind';",
    by: "if (kind !== 'clusters' && kind !== 'regions') return undefined;",
    fails: ['what is malformed is refused with its field > failover[0].levels[0].kind'],
  },
  {
    name: 'proxies-return-at-once',
    guarantee: 'Proxies come back spread over time (F5).',
    ...CONNECT_DISCOVERY,
    replace: 'random.next() * longest',
    by: 'longest',
    fails: [
      'a proxy whose controller is away > may come back at any moment of that time, so that proxies do not come together (F5)',
    ],
  },
  {
    name: 'no-view-without-controller',
    guarantee: 'A proxy goes on with the view of its last run (F18).',
    ...CONNECT_DISCOVERY,
    replace: 'if (view === undefined || this.#view !== undefined) return;',
    by: 'return;',
    fails: [
      'a proxy whose controller is away > goes on with the view of its last run, after giving the controller a moment',
    ],
  },
  {
    name: 'kept-file-of-any-size',
    guarantee: 'What a proxy has kept is read only within its bound (F18).',
    file: 'mesh/adapters/files/read-bounded.ts',
    test: 'mesh/adapters/discovery/proxy-memory.test.ts',
    replace: 'if (found.size > maxBytes) throw',
    by: 'if (found.size < 0) throw',
    fails: [
      'what another than the proxy may have written > counts as nothing when it is larger than it may be',
    ],
  },
  {
    name: 'kept-file-refused-unsaid',
    guarantee: 'What a proxy has kept and cannot use is told (F18).',
    file: 'mesh/adapters/discovery/proxy-memory.ts',
    test: 'mesh/adapters/discovery/proxy-memory.test.ts',
    replace: "if (code !== 'ENOENT') tell",
    by: "if (code === 'EIO') tell",
    fails: [
      ...['', '{', 'null', '{"certificateChain":1,"privateKey":"key"}', '\u{ff}\u{ff}'].map(
        (text) =>
          `what another than the proxy may have written > counts as nothing when it is damaged: ${JSON.stringify(text)}`,
      ),
      'what another than the proxy may have written > is told once, however often it is read, and nothing of the key in it',
      'what another than the proxy may have written > is of no use to a proxy of another cluster',
    ],
  },
  {
    name: 'kept-key-in-log',
    guarantee: 'Nothing of a private key gets into a log (S34).',
    file: 'mesh/adapters/discovery/proxy-memory.ts',
    test: 'mesh/adapters/discovery/proxy-memory.test.ts',
    replace: "throw new Error('it is not JSON');",
    by: 'throw new Error(text);',
    fails: [
      'what another than the proxy may have written > is told once, however often it is read, and nothing of the key in it',
    ],
  },
  {
    name: 'equal-view-told',
    guarantee: 'A publication that changes nothing tells proxies nothing (F12).',
    ...VIEW_DIFF,
    replace: 'sameData(held, value);',
    by: 'held === value;',
    fails: ['settling one version after another > sees equal content'],
  },
];
