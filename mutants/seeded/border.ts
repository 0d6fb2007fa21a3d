/** What a peer may say, and how much: its own services, its own gateways, within its quotas. */
import type { Mutant } from '../mutant.ts';

const PARSE_INFO = {
  file: 'federation/decide/parse-info.ts',
  test: 'federation/decide/border.test.ts',
} as const;
const PARSE_SERVICE = {
  file: 'federation/decide/parse-service.ts',
  test: 'federation/decide/border.test.ts',
} as const;
const HOLDINGS = { file: 'federation/decide/holdings.ts', test: 'federation/decide/border.test.ts' } as const;
const PEER_ADDRESS = {
  file: 'mesh/decide/peer-address.ts',
  test: 'mesh/decide/peer-address.test.ts',
} as const;
const PEER_MEMORY = {
  file: 'federation/exchange/peer-memory.ts',
  test: 'federation/exchange/peer-memory.test.ts',
} as const;
const PEER_SESSION = {
  file: 'federation/exchange/peer-session.ts',
  test: 'federation/exchange/hostile-peer.test.ts',
} as const;
const PEER_SESSION_IN_EXCHANGE_MANAGER = {
  file: 'federation/exchange/peer-session.ts',
  test: 'federation/exchange/exchange-manager.test.ts',
} as const;

export const BORDER: readonly Mutant[] = [
  {
    name: 'peer-speaks-for-another',
    guarantee: 'A peer speaks for itself only: TLS says who it is (S26, I1).',
    ...PARSE_INFO,
    replace: 'if (stated.cluster !== origin)',
    by: 'if (false)',
    fails: ['what a peer says of itself (S26) > is refused as origin_mismatch…'],
  },
  {
    name: 'loopback-gateway-accepted',
    guarantee: 'A peer cannot make this cluster dial its own machine (S26).',
    ...PARSE_INFO,
    replace: 'checkPeerHost(host, rules)',
    by: 'checkPeerHost(host, { allowLoopback: true })',
    fails: [
      'what a peer says of itself (S26) > loses the gateway 127.0.0.1:15443 alone',
      'what a peer says of itself (S26) > loses the gateway ::1:15443 alone',
      'what a peer says of itself (S26) > loses the gateway localhost:15443 alone',
    ],
  },
  {
    name: 'system-namespace-stated',
    guarantee: 'No peer exports into a system namespace (S27).',
    ...PARSE_SERVICE,
    replace: 'if (isSystemNamespace(stated.namespace))',
    by: 'if (false)',
    fails: [
      "a service that a peer states (S26-S28) > is refused for namespace in { namespace: 'kube-system' }",
      "a service that a peer states (S26-S28) > is refused for namespace in { namespace: 'kube-public' }",
      "a service that a peer states (S26-S28) > is refused for namespace in { namespace: 'isthmus-system' }",
    ],
  },
  {
    name: 'two-ports-of-a-number',
    guarantee: 'A port number stands once in a service (S28).',
    ...PARSE_SERVICE,
    replace: "['name', 'port', 'routeId'] as const",
    by: "['name', 'routeId'] as const",
    fails: [
      'a service that a peer states (S26-S28) > is refused for ports.port in { ports: [ [Object], [Object] ] }',
    ],
  },
  {
    name: 'service-quota-off-by-one',
    guarantee: 'A peer has no more services than its quota (S28).',
    ...HOLDINGS,
    replace: 'if (entries > quotas.services)',
    by: 'if (entries > quotas.services + 1)',
    fails: ['quotas > bound services, bytes of one and bytes of all, and cost nothing that is held'],
  },
  {
    name: 'peer-bytes-unbounded',
    guarantee: 'All services of a peer together are bounded (S28, I8).',
    ...HOLDINGS,
    replace: 'bytes + text.length > quotas.bytesPerPeer',
    by: 'false',
    fails: ['quotas > bound the bytes of all services together, to the byte'],
  },
  {
    name: 'removed-bytes-not-given-back',
    guarantee: 'What a peer removes counts no longer (S28).',
    ...HOLDINGS,
    replace: 'bytes -= entry.bytes;',
    by: '',
    fails: ['quotas > give back what is removed'],
  },
  {
    name: 'mapped-loopback-accepted',
    guarantee: 'An address is judged alike in every spelling (S26).',
    ...PEER_ADDRESS,
    replace: 'if (zeros(0, 5) && groups[5] === 0xffff) return bytesOf(6);',
    by: '',
    fails: [
      'the host of a peer gateway > ::ffff:127.0.0.1 is loopback: only where that is allowed',
      'the host of a peer gateway > ::ffff:7f00:1 is loopback: only where that is allowed',
      'the host of a peer gateway > ::ffff:169.254.169.254 may never be dialled',
    ],
  },
  {
    name: 'metadata-address-accepted',
    guarantee: 'Metadata services of clouds are never dialled (S26).',
    ...PEER_ADDRESS,
    replace: "if (METADATA.has(bytes.join('.'))) return 'metadata';",
    by: '',
    fails: [
      'the host of a peer gateway > 100.100.100.200 may never be dialled',
      'the host of a peer gateway > 192.0.0.192 may never be dialled',
    ],
  },
  {
    name: 'epoch-not-raised',
    guarantee: 'The epoch of a controller is higher with each start (F20, I6).',
    ...PEER_MEMORY,
    replace: 'last >= 0 ? last + 1 : 1',
    by: 'last >= 0 ? last : 1',
    fails: [
      'the epoch > is higher with each start; a damaged file starts it over, which peers refuse until they forget',
    ],
  },
  {
    name: 'memory-not-checked',
    guarantee: 'What is remembered of a peer obeys the rules of the wire (S26).',
    ...PEER_MEMORY,
    replace: 'checkGateway(gateway, { allowLoopback })',
    by: 'checkGateway(gateway, { allowLoopback: true })',
    fails: [
      'what is remembered of a peer > obeys the rules of the wire: loopback gateways come back only where they are allowed',
    ],
  },
  {
    name: 'snapshots-on-demand',
    guarantee: 'A peer gets one snapshot a second, however often it asks (S30).',
    ...PEER_SESSION,
    replace: ' || now - this.#snapshotAtMs < SNAPSHOT_PAUSE_MS',
    by: '',
    fails: ['a noisy member (S30) > gets no snapshot more than once a second, however often it asks'],
  },
  {
    name: 'intake-unlimited',
    guarantee: 'Who says too much is read more slowly (S30).',
    ...PEER_SESSION,
    replace: '    this.stream.pause();\n    this.#cancelResume();',
    by: '    this.#cancelResume();',
    fails: ['a noisy member (S30) > is slowed down above its rate, and loses no service of others'],
  },
  {
    name: 'slow-reader-queued',
    guarantee: 'A slow reader costs no memory: it gets the latest state only (F23).',
    ...PEER_SESSION_IN_EXCHANGE_MANAGER,
    replace: 'this.#writable = this.stream.send(frame);',
    by: 'this.stream.send(frame);',
    fails: [
      'many at once > slow readers cost no memory: a reader that is paused gets the latest state only (F23)',
    ],
  },
];
