/** Pods that know nothing of the mesh: what they call is captured, and nothing else changes for them. */
import type { Mutant } from '../mutant.ts';

const CAPTURED_ROUTE = {
  file: 'sidecar/decide/captured-route.ts',
  test: 'sidecar/decide/captured-route.test.ts',
} as const;
const CAPTURE_RULES = {
  file: 'mesh/adapters/kubernetes/capture-rules.ts',
  test: 'mesh/adapters/kubernetes/capture-rules.test.ts',
} as const;
const CAPTURE_WISH = {
  file: 'mesh/adapters/kubernetes/capture-wish.ts',
  test: 'mesh/adapters/kubernetes/capture-wish.test.ts',
} as const;
const VIEW = { file: 'federation/decide/mesh-view.ts', test: 'federation/decide/mesh-view.test.ts' } as const;

const APP_HEALTH = { file: 'sidecar/run/app-health.ts', test: 'sidecar/run/app-health.test.ts' } as const;
const POD_PLACE = { file: 'sidecar/run/pod-place.ts', test: 'sidecar/run/pod-place.test.ts' } as const;
const MOVE_PROBES = {
  file: 'mesh/adapters/kubernetes/move-probes.ts',
  test: 'mesh/adapters/kubernetes/move-probes.test.ts',
} as const;

export const CAPTURE: readonly Mutant[] = [
  {
    name: 'unknown-destination-refused',
    guarantee:
      'A captured connection to what is no service of the mesh goes where it was going (decision 0013).',
    ...CAPTURED_ROUTE,
    replace: "to === undefined ? { kind: 'pass', to: original }",
    by: "to === undefined ? { kind: 'refuse', reason: 'service_unknown' }",
    fails: ['a captured connection > to any other address or port goes where it was going'],
  },
  {
    name: 'capture-loop',
    guarantee: 'A captured connection is never passed on to the capture port itself (decision 0013).',
    ...CAPTURED_ROUTE,
    replace: 'original === undefined || isHere(original, place)',
    by: 'original === undefined',
    fails: [
      'a captured connection > to the capture port of loopback…',
      'a captured connection > to the capture port of another address of loopback…',
      'a captured connection > to the capture port of the pod…',
    ],
  },
  {
    name: 'capture-of-the-sidecar',
    guarantee: 'What the sidecar itself calls is not sent to it (decision 0013).',
    ...CAPTURE_RULES,
    replace: '`meta skuid ${SIDECAR_USER} return`,',
    by: '',
    fails: [
      'the packet filter of a captured pod > redirects TCP of all users but the sidecar, loopback aside, and lets everything in',
      'the packet filter of a captured pod > leaves out what is excluded, before anything is redirected',
    ],
  },
  {
    name: 'strict-lets-plain-in',
    guarantee: 'A strict pod refuses plain TCP from outside (decision 0013).',
    ...CAPTURE_RULES,
    replace: "'meta l4proto tcp reject with tcp reset',",
    by: '',
    fails: [
      'the packet filter of a captured pod > refuses plain TCP from outside where it is strict, the mesh and the admin port aside',
    ],
  },
  {
    name: 'strict-by-default',
    guarantee: 'A pod that says nothing lets everything in (decision 0013).',
    ...CAPTURE_RULES,
    replace: "wish.inbound === 'strict'",
    by: "wish.inbound !== 'strict'",
    fails: [
      'the packet filter of a captured pod > redirects TCP of all users but the sidecar, loopback aside, and lets everything in',
      'the packet filter of a captured pod > leaves out what is excluded, before anything is redirected',
      'the packet filter of a captured pod > refuses plain TCP from outside where it is strict, the mesh and the admin port aside',
    ],
  },
  {
    name: 'annotation-writes-rules',
    guarantee:
      'An annotation adds addresses and ports to the packet filter, and nothing else (decision 0013).',
    ...CAPTURE_WISH,
    replace: '/^\\d{1,3}$/.test(length) && Number(length) <= bits',
    by: 'length.length > 0',
    fails: ['what a pod wants captured > is refused where capture-ranges is 10.96.0.0/…'],
  },
  {
    name: 'clusterset-addresses-lost',
    guarantee: 'Proxies are told under which addresses pods call an import (decision 0013).',
    ...VIEW,
    replace: 'rest.clustersetIps.length === 0 ? {} : { clustersetIps: rest.clustersetIps }',
    by: '{}',
    fails: ['the view of the proxies > tells under which addresses pods here call an import'],
  },
  {
    name: 'unknown-probe-passes',
    guarantee: 'A sidecar carries out the probes that its pod states, and no others (decision 0013).',
    ...APP_HEALTH,
    replace: "return end(404, 'unknown', 'the pod has no such probe')",
    by: "return end(200, 'passed', 'ok')",
    fails: ['the health of an application, asked of its sidecar > is unknown of …'],
  },
  {
    name: 'probes-unbounded',
    guarantee: 'The probes that a sidecar carries out at once have a bound (decision 0013).',
    ...APP_HEALTH,
    replace: 'underWay >= MAX_UNDER_WAY',
    by: 'underWay < 0',
    fails: ['the health of an application, asked of its sidecar > is asked no more than 64 times at once'],
  },
  {
    name: 'probe-of-another-host-moved',
    guarantee: 'A probe of another host stays with the kubelet (decision 0013).',
    ...MOVE_PROBES,
    replace: "(handler['host'] ?? '') !== ''",
    by: 'false',
    fails: [
      'the probes of a pod that lets in nobody but the mesh > stay as they are when they ask another host',
    ],
  },
  {
    name: 'capture-as-any-user',
    guarantee: 'A sidecar whose user the packet filter does not leave alone does not start (decision 0013).',
    ...POD_PLACE,
    replace: 'capture !== undefined && user !== SIDECAR_USER',
    by: 'false',
    fails: ['the place of a sidecar in its pod > is refused for its ISTHMUS_CAPTURE'],
  },
];
