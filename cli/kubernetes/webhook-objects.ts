/** By what the API server sends new pods to the controllers, all of which serve the webhook. */
import {
  CONTROLLER,
  NAMESPACE,
  PORTS,
  WEBHOOK,
  WEBHOOK_NAMES,
  WEBHOOK_PATH,
} from '../../mesh/adapters/kubernetes/installation.ts';
import { INJECT, INJECTION_LABEL, REFUSALS } from '../../mesh/adapters/kubernetes/injection-choice.ts';

const HTTPS_PORT = 443;
/** A pod waits for it: at most so long where no controller answers at all. */
const TIMEOUT_SECONDS = 3;
/** By name, as nobody can take that from them; the webhook itself leaves all of `kube-*` alone. */
const NEVER = ['kube-system', 'kube-public', 'kube-node-lease', NAMESPACE];

export function webhookService(): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace: NAMESPACE, name: WEBHOOK } },
    spec: {
      selector: { 'app.kubernetes.io/component': CONTROLLER },
      ports: [{ name: 'webhook', port: HTTPS_PORT, targetPort: PORTS.webhook }],
    },
  };
}

/**
 * Whom the API server trusts it by (`caBundle`) is stated by the controller, and left alone here. A pod without a sidecar is
 * better than none: it is made as it is when no controller answers.
 */
export function webhookConfiguration(): object {
  const [ofNamespace, ofPod] = WEBHOOK_NAMES;
  return {
    ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' },
    metadata: { name: WEBHOOK },
    webhooks: [
      webhook(ofNamespace, {
        namespace: [{ key: INJECTION_LABEL, operator: 'In', values: ['enabled'] }],
        pod: [{ key: INJECT, operator: 'NotIn', values: REFUSALS }],
      }),
      webhook(ofPod, {
        namespace: [{ key: INJECTION_LABEL, operator: 'NotIn', values: ['enabled', 'disabled'] }],
        pod: [{ key: INJECT, operator: 'In', values: ['true'] }],
      }),
    ],
  };
}

/** By their labels. */
interface Selected {
  readonly namespace: readonly object[];
  readonly pod: readonly object[];
}

function webhook(name: string, { namespace, pod }: Selected): object {
  const never = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: NEVER };
  return {
    name,
    clientConfig: { service: { namespace: NAMESPACE, name: WEBHOOK, path: WEBHOOK_PATH, port: HTTPS_PORT } },
    rules: [
      {
        operations: ['CREATE'],
        apiGroups: [''],
        apiVersions: ['v1'],
        resources: ['pods'],
        scope: 'Namespaced',
      },
    ],
    namespaceSelector: { matchExpressions: [never, ...namespace] },
    objectSelector: { matchExpressions: pod },
    ...{ failurePolicy: 'Ignore', timeoutSeconds: TIMEOUT_SECONDS, sideEffects: 'None' },
    ...{ reinvocationPolicy: 'IfNeeded', matchPolicy: 'Equivalent', admissionReviewVersions: ['v1'] },
  };
}
