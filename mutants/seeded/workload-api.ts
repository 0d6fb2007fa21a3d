/** The SPIFFE Workload API: who is answered, and with what. */
import type { Mutant } from '../mutant.ts';

const TEST = { test: 'mesh/adapters/spiffe/workload-api.test.ts' } as const;
const SERVER = { file: 'mesh/adapters/spiffe/workload-api.ts', ...TEST } as const;
const MESSAGES = { file: 'mesh/adapters/spiffe/svid-messages.ts', ...TEST } as const;
const SOCKET = { file: 'mesh/adapters/spiffe/unix-socket.ts', ...TEST } as const;

export const WORKLOAD_API: readonly Mutant[] = [
  {
    name: 'workload-api-header-not-required',
    guarantee: 'A call without the header of the standard is refused.',
    ...SERVER,
    replace: "header.length !== 1 || header[0] !== 'true'",
    by: 'header.length > 1',
    fails: ['the Workload API > refuses a call without the header of the standard'],
  },
  {
    name: 'workload-api-ended-certificate-given',
    guarantee: 'A certificate that has ended is not given out.',
    ...SERVER,
    replace: 'notAfter <= now()',
    by: 'notAfter < now()',
    fails: ['the Workload API > denies once the certificate has ended'],
  },
  {
    name: 'workload-api-rotation-not-pushed',
    guarantee: 'Open streams get each new certificate.',
    ...SERVER,
    replace: 'for (const push of open) push();',
    by: '',
    fails: ['the Workload API > sends again when the certificate rotates'],
  },
  {
    name: 'workload-api-streams-unbounded',
    guarantee: 'The number of streams is bounded over all connections.',
    ...SERVER,
    replace: 'streams >= MAX_STREAMS',
    by: 'false',
    fails: ['the Workload API > has a bounded number of streams'],
  },
  {
    name: 'workload-api-federated-bundles-missing',
    guarantee: 'A workload gets the bundles of the other trust domains.',
    ...MESSAGES,
    replace: 'federatedBundles: bundlesOf(identity, others)',
    by: 'federatedBundles: bundlesOf(identity, others.slice(others.length))',
    fails: ['the Workload API > lets workloads of two trust domains do mTLS by what they fetched'],
  },
  {
    name: 'workload-api-withdrawn-member-federated',
    guarantee: 'A member with a withdrawn intermediate is not federated.',
    ...MESSAGES,
    replace: '!evicted.has(cluster)',
    by: 'true',
    fails: ['the Workload API > leaves out a member with a withdrawn intermediate'],
  },
  {
    name: 'workload-api-socket-open-to-all',
    guarantee: 'The socket is for its owner only.',
    ...SOCKET,
    replace: '0o600',
    by: '0o666',
    fails: ['the Workload API > has a socket for its owner only, and removes it at the end'],
  },
  {
    name: 'workload-api-stale-socket-kept',
    guarantee: 'A socket that a killed run left behind is replaced.',
    ...SOCKET,
    replace: 'if (held?.isSocket() === true) await rm(path);',
    by: '',
    fails: ['the Workload API > takes the place of a socket that a killed run left behind'],
  },
];
