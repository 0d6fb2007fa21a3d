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
const MERGE_EXPORTS = {
  file: 'federation/decide/merge-exports.ts',
  test: 'federation/decide/merge-exports.test.ts',
} as const;
const MULTICLUSTER = {
  file: 'federation/decide/multicluster.ts',
  test: 'federation/decide/multicluster.test.ts',
} as const;

const READINGS = {
  file: 'federation/decide/readings.ts',
  test: 'federation/decide/readings.test.ts',
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
      'the merge of exports (KEP-1645) > M56: the oldest port without a name stays alone, because of several every one needs a name',
      'the merge of exports (KEP-1645) > M56: the oldest port with a name is not joined by one without, because of several every one needs a name',
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
    name: 'bad-policy-accepted',
    guarantee:
      'A policy that cannot be used is told so in its status, with the field at fault (F4, GEP-713).',
    ...READINGS,
    replace: 'if (faults.length > 0)\n',
    by: 'if (faults.length > Infinity)\n',
    fails: [
      'the condition Accepted of a policy (GEP-713) > one with faults from the start',
      'the condition Accepted of a policy (GEP-713) > one with faults, and good before',
      'the condition Accepted of a policy (GEP-713) > one that closes what it selects, for it cannot be read',
      'the condition Accepted of a policy (GEP-713) > one in a system namespace, which closes nothing there',
      'the condition Accepted of a policy (GEP-713) > is one for each policy, says no to all that have faults and to nothing else, and fits the API',
    ],
  },
  {
    name: 'missing-target-accepted',
    guarantee:
      'A policy about what is neither a Service here nor imported is told so in its status (GEP-713).',
    ...READINGS,
    replace: 'if (!hasTarget)',
    by: 'if (!hasTarget && isInForce)',
    fails: [
      'the condition Accepted of a policy (GEP-713) > one about failover of what is not here',
      'the condition Accepted of a policy (GEP-713) > one about callers of what is not here',
    ],
  },
  {
    name: 'bad-export-told-of-before',
    guarantee: 'An export that cannot be used as it stands now is told so, whatever it was before (F4).',
    ...MULTICLUSTER,
    replace: 'exports.set(refused.key, refused);',
    by: 'exports.get(refused.key);',
    fails: [
      'conditions of exports (KEP-1645) > one that cannot be used as it stands is told of what is there now, not of its version before',
    ],
  },
  {
    name: 'imported-everywhere',
    guarantee: 'A service is imported only where its namespace exists and is no system namespace (M19).',
    ...MULTICLUSTER,
    replace: 'if (isImportable(key, input.local.namespaces)) imports',
    by: 'imports',
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
    name: 'port-without-name-among-others',
    guarantee: 'Of several ports of an import every one has a name, as the API server wants it (KEP-1645).',
    ...MERGE_EXPORTS,
    replace: 'port.name === undefined ||',
    by: '',
    fails: [
      'the merge of exports (KEP-1645) > M56: the oldest port with a name is not joined by one without, because of several every one needs a name',
    ],
  },
];
