/** Isthmus in pods: what is kept in an API server, who may join, sidecars, and pods as endpoints. */
import type { Mutant } from '../mutant.ts';

const KEPT_TEXTS = {
  file: 'mesh/adapters/kubernetes/kept-texts.ts',
  test: 'mesh/adapters/kubernetes/kept-texts.test.ts',
} as const;
const TAKE_ORDER = {
  file: 'federation/join/take-order.ts',
  test: 'federation/join/take-order.test.ts',
} as const;
const CRD_UPGRADE = {
  file: 'cli/kubernetes/crd-upgrade.ts',
  test: 'cli/kubernetes/crd-upgrade.test.ts',
} as const;

export const PODS: readonly Mutant[] = [
  {
    name: 'sidecar-limit-unbounded-below',
    guarantee: 'No annotation of a pod gives its sidecar less memory than it needs (docs/decisions/0020).',
    file: 'mesh/adapters/kubernetes/sidecar-resources.ts',
    test: 'mesh/adapters/kubernetes/sidecar-resources.test.ts',
    replace: 'bytesOf(limit) < LEAST_LIMIT_BYTES',
    by: 'bytesOf(limit) <= 0',
    fails: ['127Mi', '134M'].map(
      (limit) => `what a sidecar asks of its node > is refused where memory-limit is "${limit}"`,
    ),
  },
  {
    name: 'overtaken-controller-writes-keys',
    guarantee: 'A controller that has been overtaken writes no keys (F20).',
    ...KEPT_TEXTS,
    replace: 'options.mayWrite() ? await options.keep(changes) : allOf(names, overtaken)',
    by: 'await options.keep(changes)',
    fails: ['texts that are kept in an API server > are not written while another controller leads'],
  },
  {
    name: 'kept-before-it-is',
    guarantee: 'Nothing counts as kept before the API server has it (S22).',
    ...KEPT_TEXTS,
    replace: 'return outcome(unsaved.size > 0 ? last : [...givenUp.values()][0]);',
    by: 'return outcome([...givenUp.values()][0]);',
    fails: [
      'texts that are kept in an API server > do not count as kept before they are, and are tried again',
      'texts that are kept in an API server > are not written while another controller leads',
    ],
  },
  {
    name: 'mesh-made-up',
    guarantee: 'A controller without keys makes up no mesh by itself (S22).',
    ...TAKE_ORDER,
    replace: 'if (order.ok && order.value !== undefined) await carryOut(order.value, options);',
    by: "if (order.ok) await carryOut(order.value ?? { kind: 'found' }, options);",
    fails: [
      'a controller that is in no mesh > makes up nothing by itself: without an order it waits',
      'a controller that is in no mesh > closes an order that fails with the reason, and takes the next one',
    ],
  },
  {
    name: 'newer-kind-downgraded',
    guarantee: 'A newer definition of a kind is never replaced (KEP-1645).',
    ...CRD_UPGRADE,
    replace: 'if (order !== 0) return order < 0;',
    by: 'if (order !== 0) return true;',
    fails: [
      ...['v0.5.1', 'v0.10.0', 'v1.0.0'].map(
        (version) => `a definition that is installed > of release ${version}, revision 0 is newer and stays`,
      ),
    ],
  },
  {
    name: 'conflicting-port-served',
    guarantee: 'A port that is in conflict is served only where the oldest export has it (KEP-1645).',
    file: 'federation/decide/import-slices.ts',
    test: 'federation/decide/import-slices.test.ts',
    replace: '.filter((port) => imported.has(textOf(port)))',
    by: '',
    fails: ['the endpoints of an import > do not serve a port that an older export has otherwise (O9)'],
  },
  {
    name: 'metadata-address-taken',
    guarantee: 'A peer cannot make loopback or metadata addresses endpoints of another cluster (S26).',
    file: 'mesh/decide/pod-slices.ts',
    test: 'mesh/decide/pod-slices.test.ts',
    replace:
      "if (!isDialledAddress(address)) return bad('pods.address', 'must be an IP address that others can dial');",
    by: '',
    fails: [
      ...[
        '127.0.0.1',
        '169.254.169.254',
        '224.0.0.1',
        '0.0.0.0',
        '::1',
        '::ffff:127.0.0.1',
        ...['::ffff:10.1.0.7', 'FD00::1', 'fd00:0::1'],
        'cart.shop',
        '',
      ].map((address) => `addresses of pods that a peer states > are refused when they are ${address}`),
    ],
  },
  {
    name: 'pods-of-another-network',
    guarantee: 'Pods of another network are no endpoints here: their addresses may be ours (KEP-1645).',
    file: 'federation/decide/multicluster.ts',
    test: 'federation/decide/pods-across.test.ts',
    replace: 'peers.get(cluster)?.info.network === own.info.network',
    by: 'true',
    fails: [
      'the pods of an exported service > are of use in network lab when the exporting cluster is in network west',
      'the pods of an exported service > are of use in network east when the exporting cluster is in network lab',
    ],
  },
  {
    name: 'sidecar-behind-init-containers',
    guarantee: 'A sidecar is there before whatever else its pod starts (KEP-753).',
    file: 'mesh/adapters/kubernetes/inject-pod.ts',
    test: 'mesh/adapters/kubernetes/inject-pod.test.ts',
    replace:
      '        sidecar,\n        ...(capture === undefined ? [] : [captureContainer(options, capture)]),\n        ...initContainers,\n',
    by: '        ...initContainers,\n        sidecar,\n        ...(capture === undefined ? [] : [captureContainer(options, capture)]),\n',
    fails: [
      'a pod that gets a sidecar > starts it before its own init containers, and keeps all that it had',
      'a pod that lets in nobody but the mesh > has its probes asked of the sidecar, those of its other sidecars too',
    ],
  },
  {
    name: 'own-address-stolen',
    guarantee: 'A peer cannot make addresses of this cluster endpoints of its own services (S26).',
    file: 'federation/decide/multicluster.ts',
    test: 'federation/decide/pods-across.test.ts',
    replace: '!own.has(address)',
    by: 'true',
    fails: [
      'the pods of an exported service > are none of the other cluster where they are addresses of this one, which is said (S26)',
    ],
  },
  {
    name: 'ending-pod-called',
    guarantee: 'A pod that the cluster takes out is sent nothing new (KEP-1672).',
    file: 'federation/decide/registrations.ts',
    test: 'federation/decide/registrations.test.ts',
    replace: 'entry.ready && !isOut',
    by: 'entry.ready',
    fails: [
      'what follows from registrations > sends nothing new to a pod that the cluster takes out, whatever its sidecar says',
    ],
  },
  {
    name: 'token-of-a-late-order-stays',
    guarantee: 'An order that comes to a member is closed, so that no token stays (S24).',
    ...TAKE_ORDER,
    replace: 'if (late.ok && late.value !== undefined)',
    by: 'if (!late.ok)',
    fails: [
      'a controller that is in no mesh > leaves a membership that it has as it is, and keeps no order for it',
    ],
  },
  {
    name: 'standby-looks-rarely',
    guarantee: 'A lease that was given back is taken by whoever waits as soon as it looks (F20).',
    ...{
      file: 'mesh/adapters/kubernetes/leader-election.ts',
      test: 'mesh/adapters/kubernetes/leader-election.test.ts',
    },
    replace: 'this.epoch() === undefined ? standbyMs : retryMs',
    by: 'retryMs',
    fails: [
      'a candidate for a lease > takes one that was given back as soon as it looks, and looks more often than a leader renews',
    ],
  },
  {
    name: 'undeclared-port-unserved',
    guarantee: 'A pod that declares no port serves where its Service says that it does (KEP-1645, M25).',
    file: 'sidecar/run/readiness.ts',
    test: 'sidecar/run/readiness.test.ts',
    replace: 'ports.find(({ remoteOnly }) => remoteOnly !== true)',
    by: 'ports.find(({ remoteOnly }) => remoteOnly === true)',
    fails: [
      'the port that a Service says its pods have > is that of the first port that this cluster has itself',
    ],
  },
];
