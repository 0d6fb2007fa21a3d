/** Pods without a sidecar: who stands for them, and what they are led to. */
import type { Mutant } from '../mutant.ts';

const PLAIN_PORTS = {
  file: 'federation/decide/plain-ports.ts',
  test: 'federation/decide/plain-ports.test.ts',
} as const;
const PLAIN_WORKLOADS = {
  file: 'federation/decide/plain-workloads.ts',
  test: 'federation/decide/plain-workloads.test.ts',
} as const;
const POD_PORTS = { file: 'sidecar/plain/pod-ports.ts', test: 'sidecar/plain/pod-ports.test.ts' } as const;

export const PLAIN: readonly Mutant[] = [
  {
    name: 'plain-port-of-the-gone-reused',
    guarantee: 'A port of plain proxies keeps its meaning while there are others (KEP-1645, M32).',
    ...PLAIN_PORTS,
    replace: 'free.next().value ?? takeBack(held, gone)',
    by: 'takeBack(held, gone) ?? free.next().value',
    fails: [
      'the ports of plain proxies > stay what they were over the going and coming of what they stand for',
    ],
  },
  {
    name: 'meshed-pods-taken-for-plain',
    guarantee: 'Nobody goes around a sidecar by way of a plain proxy (S7).',
    ...PLAIN_WORKLOADS,
    replace: 'pods: pods.filter(({ address }) => !meshed.has(address)),',
    by: 'pods: meshed.size < 0 ? [] : pods,',
    fails: ['pods without a sidecar > are not those that a sidecar has registered'],
  },
  {
    name: 'unready-plain-pods-offered',
    guarantee: 'A plain proxy is no ready endpoint of a service without a ready pod (F5).',
    ...PLAIN_WORKLOADS,
    replace: 'ready: ready && served',
    by: 'ready: ready || served',
    fails: ['pods without a sidecar > make an endpoint that is not ready while none of them is'],
  },
  {
    name: 'headless-behind-plain-proxies',
    guarantee: 'Pods of a headless service are never mistaken for each other (KEP-1645, M26).',
    file: 'federation/decide/multicluster.ts',
    test: 'federation/decide/plain-workloads.test.ts',
    replace: 'isHeadless ? hostSlices(hosts.filter((host) => host.cluster === cluster)) : proxySlices',
    by: 'proxySlices',
    fails: ['a service of another network > is not when it is headless'],
  },
  {
    name: 'gateway-answers-for-all',
    guarantee: 'A gateway answers for a service only where its cluster says so (S3).',
    file: 'mesh/decide/certificate/validate-svid.ts',
    test: 'mesh/decide/certificate/validate-svid.test.ts',
    replace: "expect.orGateway === true && identity.kind === 'program'",
    by: "identity.kind === 'program'",
    fails: ['whom a link expects > 13 is decided'],
  },
  {
    name: 'anybody-registers-a-plain-proxy',
    guarantee: 'Only the gateway of a cluster registers a plain proxy (S20).',
    file: 'federation/decide/registrations.ts',
    test: 'federation/decide/registrations.test.ts',
    replace:
      "if (!isGateway) return refuse(`a ${registration.kind === 'gateway' ? 'gateway' : 'plain proxy'}`);",
    by: "if (!isGateway && registration.kind === 'gateway') return refuse('a gateway');",
    fails: ['who may register what (S20) > a plain proxy, as a workload'],
  },
  {
    name: 'unready-plain-pods-asked',
    guarantee: 'A plain proxy goes to pods that are ready (F5).',
    ...POD_PORTS,
    replace: '.filter(({ ready }) => ready)',
    by: '.filter(() => true)',
    fails: [
      'a port of pods without a sidecar > is answered by those that are ready, in turn, where they listen for it',
      'a port of pods without a sidecar > follows them, for connections that are open too',
    ],
  },
  {
    name: 'what-is-not-exported-led-to',
    guarantee:
      'Pods of a service that its cluster does not export are no part of the clusterset service (M9).',
    file: 'sidecar/plain/for-pods.ts',
    test: 'sidecar/plain/pod-ports.test.ts',
    replace: '(service.exported ? service : { ...service, local: [] })',
    by: 'service',
    fails: [
      'what pods without a sidecar are led to > are endpoints of their own cluster only where it exports the service (M9)',
    ],
  },
];
