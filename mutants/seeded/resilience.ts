/** What stays and what goes while parts of the mesh are away, and what bad objects cannot do. */
import type { Mutant } from '../mutant.ts';

const UNHEARD = {
  file: 'federation/decide/import-slices.ts',
  test: 'federation/decide/unheard-sources.test.ts',
} as const;

export const RESILIENCE: readonly Mutant[] = [
  {
    name: 'stale-endpoints-stay',
    guarantee: 'Endpoints of a cluster that is not heard go where another serves (S52).',
    ...UNHEARD,
    replace: 'unheard.has(cluster) ? ports.filter(isNeeded) : ports',
    by: 'ports',
    fails: [
      'endpoints of a cluster that is not heard (S52) > go where another cluster serves',
      'endpoints of a cluster that is not heard (S52) > go and stay port by port',
    ],
  },
  {
    name: 'last-endpoints-taken',
    guarantee: 'Endpoints that are not heard stay where nobody else serves: stale is better than none (S52).',
    ...UNHEARD,
    replace: 'ports.filter(isNeeded)',
    by: 'ports.slice(0, 0)',
    fails: [
      ...[
        'nobody else has any',
        'those of others are not ready',
        'those of others serve other ports',
        'those of others are of the other family',
      ].map((why) => `endpoints of a cluster that is not heard (S52) > stay where ${why}`),
      'endpoints of a cluster that is not heard (S52) > go and stay port by port',
    ],
  },
  {
    name: 'silence-never-ends',
    guarantee: 'A cluster that is heard again is an endpoint again at once (S52).',
    file: 'federation/decide/unheard-sources.ts',
    test: 'federation/decide/unheard-sources.test.ts',
    replace: "({ link }) => link.state === 'stale' || link.state === 'connecting'",
    by: "({ link }) => link.state !== 'left'",
    fails: [
      'a cluster that is not heard (S52) > is not any more as soon as it is heard, and its next silence counts anew',
    ],
  },
  {
    name: 'silence-noticed-by-chance',
    guarantee: 'A silence that becomes too long is acted on without any other change (S52).',
    file: 'federation/silence-watch.ts',
    test: 'federation/silence-watch.test.ts',
    replace: 'clock.after(silence.nextMs, changed)',
    by: 'undefined',
    fails: ['asks for a pass when a silence becomes too long (S52), once, and not after it was stopped'],
  },
  {
    name: 'slice-by-hand-owns-addresses',
    guarantee: 'A slice that somebody writes by hand takes no pods away from a peer (S26).',
    file: 'mesh/adapters/kubernetes/resources.ts',
    test: 'mesh/adapters/kubernetes/resources.test.ts',
    replace: "isOfApiServer || (isRecord(targetRef) && targetRef['kind'] === 'Pod')",
    by: 'isOfApiServer || targetRef !== null',
    fails: ['addresses of this cluster > are not those that a slice names without a pod'],
  },
  {
    name: 'empty-label-in-a-prefix',
    guarantee:
      'Names that an API server refuses do not pass the border: one import would never be written (S28).',
    file: 'mesh/decide/service-traits.ts',
    test: 'mesh/decide/service-traits.test.ts',
    replace: '[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*',
    by: '[a-z0-9]([a-z0-9.-]*[a-z0-9])?',
    fails: ['a..b/c', 'a.-b/c', 'a-.b/c'].map((name) => `names of labels > ${name} is refused`),
  },
  {
    name: 'hopeless-write-tried-for-ever',
    guarantee: 'A text that an object can never hold is not written again and again (F17).',
    file: 'mesh/adapters/kubernetes/kept-texts.ts',
    test: 'mesh/adapters/kubernetes/kept-texts.test.ts',
    replace: 'if (why.isFinal && !unsaved.has(name))',
    by: 'if (!unsaved.has(name) && name === "")',
    fails: [
      'texts that are kept in an API server > are not tried again while they can never be kept, but as soon as they change',
    ],
  },
  {
    name: 'too-large-state-sent',
    guarantee: 'A state that a ConfigMap cannot hold is named, not sent (F17).',
    file: 'mesh/adapters/kubernetes/config-map-state.ts',
    test: 'mesh/adapters/kubernetes/config-map-state.test.ts',
    replace: 'if (zipped.length + KEY.length > MAX_DATA_BYTES)',
    by: 'if (zipped.length + KEY.length > 2 * MAX_DATA_BYTES)',
    fails: ['a state that is too large for a ConfigMap is not sent, and the fault names it'],
  },
];
