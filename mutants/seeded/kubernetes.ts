/** A Kubernetes cluster as a host: following its API server, leading by a lease, imports and exports (KEP-1645). */
import type { Mutant } from '../mutant.ts';

const REFLECTOR = {
  file: 'mesh/adapters/kubernetes/reflector.ts',
  test: 'mesh/adapters/kubernetes/reflector.test.ts',
} as const;
const LINE_READER = {
  file: 'mesh/adapters/kubernetes/line-reader.ts',
  test: 'mesh/adapters/kubernetes/line-reader.test.ts',
} as const;
const KEY_QUEUE = {
  file: 'mesh/adapters/kubernetes/key-queue.ts',
  test: 'mesh/adapters/kubernetes/key-queue.test.ts',
} as const;
const LEASE = { file: 'mesh/decide/lease.ts', test: 'mesh/decide/lease.test.ts' } as const;
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
const MERGE_EXPORTS = {
  file: 'federation/decide/merge-exports.ts',
  test: 'federation/decide/merge-exports.test.ts',
} as const;
const MULTICLUSTER = {
  file: 'federation/decide/multicluster.ts',
  test: 'federation/decide/multicluster.test.ts',
} as const;

export const KUBERNETES: readonly Mutant[] = [
  {
    name: 'half-a-list-told',
    guarantee: 'A list that is not whole changes nothing (F2).',
    ...REFLECTOR,
    replace: 'if (!answer.ok) return answer;',
    by: "if (!answer.ok) return page === 0 ? answer : ok({ objects, version: '0' });",
    fails: ['a reflector > tells nothing of a list that is not whole (F2)'],
  },
  {
    name: 'pauses-skipped',
    guarantee: 'An API server is never asked in a hot loop (F17).',
    ...REFLECTOR,
    replace: 'random.next() * longest',
    by: '0 * longest',
    fails: [
      'a reflector > asks no more often than its pauses allow, however the server behaves',
      'a reflector > lists at most once for each pause when every version is unknown',
    ],
  },
  {
    name: 'retry-after-ignored',
    guarantee: 'A server that has too much to do is left alone for as long as it asks (F17).',
    ...REFLECTOR,
    replace: 'Math.min(askedMs, LONGEST_ASKED_PAUSE_MS)',
    by: '0',
    fails: ['a reflector > waits as long as a server asks that has too much to do'],
  },
  {
    name: 'reads-behind-a-bad-event',
    guarantee: 'Nothing is taken behind an event that cannot be read (F17).',
    ...REFLECTOR,
    replace: 'if (over) return;',
    by: '',
    fails: [
      'a reflector > takes nothing behind an event that it cannot read, and lists when that comes again',
    ],
  },
  {
    name: 'event-unbounded',
    guarantee: 'An event of a watch has a bound (S17).',
    ...LINE_READER,
    replace: 'return heldBytes <= maxBytes;',
    by: 'return true;',
    fails: ['the line reader > refuses a line over its bound, in one chunk or in many'],
  },
  {
    name: 'key-runs-twice',
    guarantee: 'Work of one key never runs twice at once (F16).',
    ...KEY_QUEUE,
    replace: 'if (this.#running.has(key)) continue;',
    by: '',
    fails: [
      'a queue of keys > runs a key that is asked for meanwhile once more, and never twice at once',
      'a queue of keys > begins nothing after stop, which waits for what runs',
    ],
  },
  {
    name: 'lease-taken-early',
    guarantee: 'A lease is taken when it has not changed for its duration, and not before (F20).',
    ...LEASE,
    replace: 'nowMs - sinceMs >= lease.durationMs',
    by: 'nowMs - sinceMs >= 0',
    fails: [
      'a lease > is taken when there is none, was given back, or has not changed for its duration',
      'a lease > has one leader at most, whoever is paused and for how long (F20)',
    ],
  },
  {
    name: 'frozen-leader-leads',
    guarantee: 'A leader that was frozen for longer than it may is none when it wakes up (F20).',
    ...LEASE,
    replace: 'renewedAtMs !== undefined && nowMs - renewedAtMs < times.renewDeadlineMs',
    by: 'renewedAtMs !== undefined && times.renewDeadlineMs + nowMs > 0',
    fails: [
      'a lease > is led by until the renewal is too old, also after a pause of any length',
      'a lease > has one leader at most, whoever is paused and for how long (F20)',
    ],
  },
  {
    name: 'lease-epoch-not-raised',
    guarantee: 'Each change of hands raises the epoch (F20).',
    ...LEASE,
    replace: 'epoch: lease.epoch + 1',
    by: 'epoch: lease.epoch',
    fails: ['a lease > is taken when there is none, was given back, or has not changed for its duration'],
  },
  {
    name: 'order-decides-equal-ages',
    guarantee: 'All clusters come to the same import (M59).',
    ...MERGE_EXPORTS,
    replace: '|| (a.cluster < b.cluster ? -1 : 1)',
    by: '',
    fails: [
      'the merge of exports (KEP-1645) > M59: comes to the same result in every cluster, whatever the order, also of equal ages',
    ],
  },
  {
    name: 'clashing-port-imported',
    guarantee: 'An import has no two ports of one name, or of one protocol and number (M56).',
    ...MERGE_EXPORTS,
    replace: 'if (!clash) merged.push(port);',
    by: 'if (!clash || port.port === 81) merged.push(port);',
    fails: [
      'the merge of exports (KEP-1645) > M56: unites ports, by name first and then by protocol and number',
      'the merge of exports (KEP-1645) > M56: two ports without a name are of one name',
      'the merge of exports (KEP-1645) > M53, M58: PortConflict when they differ, and the oldest wins',
    ],
  },
  {
    name: 'unheard-import-deleted',
    guarantee: 'The imports of a cluster that is not heard stay (M21).',
    ...MULTICLUSTER,
    replace: "filter(({ link }) => link.state !== 'left')",
    by: "filter(({ link }) => link.state === 'up')",
    fails: ['imports (KEP-1645) > M21: of a cluster that is not heard stay, and of one that has left go'],
  },
  {
    name: 'imported-everywhere',
    guarantee: 'A service is imported only where its namespace exists and is no system namespace (M19).',
    ...MULTICLUSTER,
    replace: 'if (!isImportable(key, input.local.namespaces)) continue;',
    by: '',
    fails: [
      'imports (KEP-1645) > M18, M23: one for each exported service whose namespace is here, with its exporters',
      'imports (KEP-1645) > none in a system namespace, whatever a peer says',
    ],
  },
  {
    name: 'unfit-service-offered',
    guarantee: 'What peers would refuse at their border is not offered, and its export says why (M17).',
    file: 'federation/decide/own-catalog.ts',
    test: MULTICLUSTER.test,
    replace: 'service.traits && wrongTraits(service.traits)',
    by: 'undefined as ReturnType<typeof wrongTraits>',
    fails: ['conditions of exports (KEP-1645) > is told why what peers would refuse is not offered'],
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
    replace: 'unsaved.size === 0 ? ok(undefined) : err(last)',
    by: 'ok(undefined)',
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
    replace: "initContainers: [sidecar, ...others(spec['initContainers'], [NAME])],",
    by: "initContainers: [...others(spec['initContainers'], [NAME]), sidecar],",
    fails: [
      'a pod that gets a sidecar > starts it before its own init containers, and keeps all that it had',
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
    replace: 'entry.ready && !unready.has(`${splitServiceKey(service).namespace}/${address}`)',
    by: 'entry.ready',
    fails: [
      'what follows from registrations > sends nothing new to a pod that the cluster takes out, whatever its sidecar says',
    ],
  },
];
