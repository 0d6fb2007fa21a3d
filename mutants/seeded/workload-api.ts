/** The SPIFFE Workload API: who is answered, and with what. */
import type { Mutant } from '../mutant.ts';

const TEST = { test: 'mesh/adapters/spiffe/workload-api.test.ts' } as const;
const SERVER = { file: 'mesh/adapters/spiffe/workload-api.ts', ...TEST } as const;
const MESSAGES = { file: 'mesh/adapters/spiffe/svid-messages.ts', ...TEST } as const;
const SOCKET = { file: 'mesh/adapters/spiffe/unix-socket.ts', ...TEST } as const;
const POD = {
  file: 'mesh/adapters/kubernetes/workload-api-volume.ts',
  test: 'mesh/adapters/kubernetes/workload-api-volume.test.ts',
} as const;

export const WORKLOAD_API: readonly Mutant[] = [
  {
    name: 'workload-api-header-not-required',
    guarantee: 'A call without the header of the standard is refused (decision 0017).',
    ...SERVER,
    replace: "header.length !== 1 || header[0] !== 'true'",
    by: 'header.length > 1',
    fails: ['the Workload API > refuses a call without the header of the standard'],
  },
  {
    name: 'workload-api-ended-certificate-given',
    guarantee: 'A certificate that has ended is not given out (decision 0017).',
    ...SERVER,
    replace: 'notAfter <= now()',
    by: 'notAfter < now()',
    fails: ['the Workload API > denies once the certificate has ended'],
  },
  {
    name: 'workload-api-rotation-not-pushed',
    guarantee: 'Open streams get each new certificate (decision 0017).',
    ...SERVER,
    replace: 'identity.subscribe(streams.tell)',
    by: 'identity.subscribe(() => undefined)',
    fails: ['the Workload API > sends again when the certificate rotates'],
  },
  {
    name: 'workload-api-streams-unbounded',
    guarantee: 'The number of streams is bounded over all connections (decision 0017).',
    ...SERVER,
    replace: 'streams >= MAX_STREAMS',
    by: 'false',
    fails: ['the Workload API > has a bounded number of streams'],
  },
  {
    name: 'workload-api-federated-bundles-missing',
    guarantee: 'A workload gets the bundles of the other trust domains (decision 0017).',
    ...MESSAGES,
    replace: 'federatedBundles: bundlesOf(identity, others)',
    by: 'federatedBundles: bundlesOf(identity, others.slice(others.length))',
    fails: ['the Workload API > lets workloads of two trust domains do mTLS by what they fetched'],
  },
  {
    name: 'workload-api-withdrawn-member-federated',
    guarantee: 'A member with a withdrawn intermediate is not federated (decision 0017).',
    ...MESSAGES,
    replace: '!evicted.has(cluster)',
    by: 'true',
    fails: ['the Workload API > leaves out a member with a withdrawn intermediate'],
  },
  {
    name: 'workload-api-socket-open-to-all',
    guarantee: 'The socket is for its owner only (decision 0017).',
    ...SOCKET,
    replace: 'await chmod(fresh, mode);',
    by: 'await chmod(fresh, 0o666);',
    fails: ['the Workload API > has a socket for its owner only, and removes it at the end'],
  },
  {
    name: 'workload-api-stale-socket-kept',
    guarantee: 'A socket that a killed run left behind is replaced (decision 0017).',
    ...SOCKET,
    replace: "error.code !== 'ECONNREFUSED'",
    by: "error.code !== ''",
    fails: ['the Workload API > takes the place of a socket that a killed run left behind'],
  },
  {
    name: 'workload-api-living-socket-taken',
    guarantee: 'The socket of a process that lives is left to it (decision 0017).',
    ...SOCKET,
    replace: 'if (await answers(path))',
    by: 'if (!(await answers(path)) && held.isFile())',
    fails: ['the Workload API > leaves the socket of a process that lives to it'],
  },
  {
    name: 'workload-api-connections-not-counted',
    guarantee: 'Connections are bounded, and each one too many is counted (decision 0017).',
    ...SOCKET,
    replace: "server.on('drop', onDrop);",
    by: 'void onDrop;',
    fails: ['the Workload API > bounds and counts connections that say nothing'],
  },
  {
    name: 'workload-api-slow-reader-unbounded',
    guarantee: 'Of what a slow reader has not taken, one message is kept (decision 0017).',
    ...SERVER,
    replace: 'if (sending) return;',
    by: '',
    fails: ['the Workload API > sends to a slow reader what holds by then, and not all that held meanwhile'],
  },
  {
    name: 'workload-api-own-bundle-missing',
    guarantee:
      'The own trust domain is among the bundles even when its cluster is withdrawn (decision 0017).',
    ...MESSAGES,
    replace: '{ ...own, ...bundlesOf(identity, others) }',
    by: 'bundlesOf(identity, [identity.id.cluster, ...others])',
    fails: ['the Workload API > gives the bundle of its own trust domain even when its cluster is withdrawn'],
  },
  {
    name: 'workload-api-annotation-unchecked',
    guarantee: 'A value of the annotation that says neither yes nor no is refused (decision 0017).',
    ...POD,
    replace: "value === 'false'",
    by: "value !== 'true'",
    fails: ['"yes"', '""', '"TRUE"', 'true', '{"on":1}'].map(
      (value) =>
        `a pod that asks for the Workload API > is refused with ${value}, and the annotation is named`,
    ),
  },
  {
    name: 'workload-api-volume-writable',
    guarantee: 'Containers of the application cannot replace the socket (decision 0017).',
    ...POD,
    replace: '{ ...MOUNT, readOnly: true }',
    by: 'MOUNT',
    fails: [
      'a pod that asks for the Workload API > shares the socket with its containers, which cannot replace it',
    ],
  },
];
