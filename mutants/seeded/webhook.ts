/** Sidecars by a webhook: who gets one, what is read of whoever asks, and whom API servers trust it by. */
import type { Mutant } from '../mutant.ts';

const ADMIT_POD = {
  file: 'mesh/adapters/webhook/admit-pod.ts',
  test: 'mesh/adapters/webhook/admit-pod.test.ts',
} as const;
const SERVER = {
  file: 'mesh/adapters/webhook/webhook-server.ts',
  test: 'mesh/adapters/webhook/webhook-server.test.ts',
} as const;
const TRUST = {
  file: 'federation/decide/webhook-trust.ts',
  test: 'federation/decide/webhook-trust.test.ts',
} as const;
const WEBHOOK = {
  file: 'federation/webhook/webhook.ts',
  test: 'federation/webhook/webhook.test.ts',
} as const;

const WHEN = 'the next step towards a webhook that is trusted > when';
const ALWAYS = 'every API server accepts every controller, through renewals, losses and changes of who leads';

export const WEBHOOKS: readonly Mutant[] = [
  {
    name: 'webhook-before-lead',
    guarantee: 'A controller that is about to lead does not wait for its webhook to load (decision 0011).',
    ...WEBHOOK,
    replace: 'await aborted(AbortSignal.any([begun.signal, ended.signal]));',
    by: '',
    fails: ['controllers with a webhook > ask for nothing and load nothing until they are told to begin'],
  },
  {
    name: 'system-pod-injected',
    guarantee: 'No pod of a system namespace gets a sidecar, whatever an API server asks (decision 0011).',
    ...ADMIT_POD,
    replace: "if (isSystemNamespace(namespace)) return 'system_namespace';",
    by: '',
    fails: ['in a system namespace', 'in a namespace of another system', 'in our own namespace'].map(
      (where) => `a pod that is made > is left as it is ${where}`,
    ),
  },
  {
    name: 'privilege-where-it-is-forbidden',
    guarantee:
      'A pod of a namespace under Pod Security gets no container that the standard forbids (decision 0013).',
    ...SERVER,
    replace: "{ image, capture: 'none' }",
    by: '{ image }',
    fails: ['the webhook answers > with nothing that Pod Security forbids, where the namespace is under it'],
  },
  {
    name: 'node-port-taken',
    guarantee:
      'A pod on the network of its node gets no sidecar, which would take ports of the node (decision 0011).',
    ...ADMIT_POD,
    replace: "if (spec['hostNetwork'] === true) return 'host_network';",
    by: '',
    fails: ['a pod that is made > is left as it is on the network of its node'],
  },
  {
    name: 'mirror-pod-injected',
    guarantee:
      'A pod that kubelet has from a file is left as it is: the API server would refuse it (decision 0011).',
    ...ADMIT_POD,
    replace: 'Object.hasOwn(annotations, MIRROR)',
    by: "Object.hasOwn(annotations, 'mirror')",
    fails: ['a pod that is made > is left as it is that kubelet has from a file'],
  },
  {
    name: 'refusal-of-a-sidecar-ignored',
    guarantee: 'A pod that refuses a sidecar gets none, by a label or by an annotation (decision 0011).',
    file: 'mesh/adapters/kubernetes/injection-choice.ts',
    test: 'mesh/adapters/kubernetes/inject-pod.test.ts',
    replace: "['labels', 'annotations'].some",
    by: "['annotations'].some",
    fails: ['a pod that gets none > is one that says so with a label'],
  },
  {
    name: 'sidecar-that-cannot-start',
    guarantee:
      'A pod whose annotations no sidecar could start with runs without one, and is told which it is (decision 0011).',
    file: 'mesh/adapters/kubernetes/inject-pod.ts',
    test: 'mesh/adapters/kubernetes/inject-pod.test.ts',
    replace: "(typeof port === 'string' && isPort(port))",
    by: "(typeof port === 'string' && (isPort(port) || Number(port) >= 0))",
    fails: ['', '0', '65536', '80 '].map(
      (port) =>
        `a pod that gets none > is one whose sidecar could not start, or would do nothing: port "${port}"`,
    ),
  },
  {
    name: 'limits-taken-from-a-sidecar',
    guarantee:
      'What others add to a sidecar stays when the webhook is asked again, as limits that a quota wants (decision 0011).',
    ...ADMIT_POD,
    replace: 'value: withAdditions(wanted, given)',
    by: 'value: withAdditions(wanted, [])',
    fails: [
      'a pod that the webhook is asked about once more > keeps what others have given to the sidecar while its new containers are told of the mesh',
    ],
  },
  {
    name: 'review-of-any-kind-read',
    guarantee: 'Only reviews of pods that are created are answered (decision 0011).',
    file: 'mesh/adapters/webhook/admission-review.ts',
    test: 'mesh/adapters/webhook/admission-review.test.ts',
    replace: "if (operation !== 'CREATE' || subResource !== '')",
    by: "if (operation === 0 && subResource !== '')",
    fails: ['a review of an API server > is refused where request.operation is not as it must be'],
  },
  {
    name: 'bodies-unbounded',
    guarantee: 'All bodies that are being read have a bound together (S17).',
    ...SERVER,
    replace: 'if (held + bytes > MAX_HELD_BYTES)',
    by: 'if (held + bytes > Infinity)',
    fails: ['the webhook refuses > more bodies at once than it has room for, until one of them ends'],
  },
  {
    name: 'room-of-a-body-lost',
    guarantee: 'A body that is given up makes room for another one (S17).',
    ...SERVER,
    replace: "reply.raw.once('close', () => (held -= bytes));",
    by: "reply.raw.once('finish', () => (held -= bytes));",
    fails: ['the webhook refuses > more bodies at once than it has room for, until one of them ends'],
  },
  {
    name: 'clients-kept-by-a-webhook-that-ends',
    guarantee:
      'API servers are told to leave a webhook before it ends, so that no pod is missed (decision 0011).',
    ...SERVER,
    replace: "if (state.leaving) void reply.header('connection', 'close');",
    by: '',
    fails: ['a webhook that leaves answers on, and tells its clients to take another connection'],
  },
  {
    name: 'authority-signs-before-it-is-trusted',
    guarantee: 'A new authority signs nothing before every API server trusts it (decision 0011).',
    ...TRUST,
    replace: 'others.length === 0 || trustedForMs >= settleMs',
    by: 'others.length === 0 || trustedForMs >= 0',
    fails: [
      `${WHEN} there is no certificate, and some may serve one of before`,
      `${WHEN} the certificate is by the authority of before, which API servers may not know better yet`,
      ALWAYS,
    ],
  },
  {
    name: 'authority-dropped-while-it-serves',
    guarantee: 'An authority is trusted until nobody serves what it has signed (decision 0011).',
    ...TRUST,
    replace: 'serving.issuedMs + overlapMs <= nowMs',
    by: 'serving.issuedMs <= nowMs + 0 * overlapMs',
    fails: [`${WHEN} some may still serve what the authority of before has signed`, ALWAYS],
  },
  {
    name: 'old-authority-forgotten',
    guarantee: 'The authorities of before stay trusted when there is a new one (decision 0011).',
    ...TRUST,
    replace: "return { kind: 'trust', besides };",
    by: "return { kind: 'trust', besides: [] };",
    fails: [`${WHEN} the authority is not trusted yet`, `${WHEN} far too many are trusted`, ALWAYS],
  },
  {
    name: 'certificates-by-two-controllers',
    guarantee: 'Only the controller that leads makes certificates of the webhook (F20).',
    ...WEBHOOK,
    replace: '(mayWrite() ? keep(secret) : Promise.resolve(ok(secret)))',
    by: '(mayWrite() || true ? keep(secret) : Promise.resolve(ok(secret)))',
    fails: ['controllers with a webhook > write nothing while another one leads'],
  },
  {
    name: 'webhook-ends-at-once',
    guarantee:
      'A controller that ends serves the webhook until API servers have heard of it (decision 0011).',
    ...WEBHOOK,
    replace: 'await pause(clock, LEAVE_MS, new AbortController().signal);',
    by: '',
    fails: ['controllers with a webhook > serve for a while after they have been told to end'],
  },
];
