/** By what the API server sends new pods to the controllers, all of which serve the webhook. */
import {
  CONTROLLER,
  NAMESPACE,
  PORTS,
  WEBHOOK,
  WEBHOOK_NAMES,
  WEBHOOK_PATHS,
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
  const ofNamespace: Selected = {
    namespace: [{ key: INJECTION_LABEL, operator: 'In', values: ['enabled'] }],
    pod: [{ key: INJECT, operator: 'NotIn', values: REFUSALS }],
  };
  const ofPod: Selected = {
    namespace: [{ key: INJECTION_LABEL, operator: 'NotIn', values: ['enabled', 'disabled'] }],
    pod: [{ key: INJECT, operator: 'In', values: ['true'] }],
  };
  return {
    ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' },
    metadata: { name: WEBHOOK },
    webhooks: [
      webhook(WEBHOOK_NAMES.namespace, ofNamespace),
      webhook(WEBHOOK_NAMES.pod, ofPod),
      webhook(WEBHOOK_NAMES.unprivilegedNamespace, { ...ofNamespace, isUnprivileged: true }),
      webhook(WEBHOOK_NAMES.unprivilegedPod, { ...ofPod, isUnprivileged: true }),
    ],
  };
}

/** By their labels. */
interface Selected {
  readonly namespace: readonly object[];
  readonly pod: readonly object[];
  /** By the Pod Security of the namespace, which a pod with a privilege that it forbids would be refused by. */
  readonly isUnprivileged?: boolean;
}

function webhook(name: string, { namespace, pod, isUnprivileged = false }: Selected): object {
  const never = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: NEVER };
  const security = {
    key: 'pod-security.kubernetes.io/enforce',
    ...{ operator: isUnprivileged ? 'In' : 'NotIn', values: ['baseline', 'restricted'] },
  };
  const path = isUnprivileged ? WEBHOOK_PATHS.unprivileged : WEBHOOK_PATHS.any;
  return {
    name,
    clientConfig: { service: { namespace: NAMESPACE, name: WEBHOOK, path, port: HTTPS_PORT } },
    rules: [
      {
        operations: ['CREATE'],
        apiGroups: [''],
        apiVersions: ['v1'],
        resources: ['pods'],
        scope: 'Namespaced',
      },
    ],
    namespaceSelector: { matchExpressions: [never, security, ...namespace] },
    objectSelector: { matchExpressions: pod },
    ...{ failurePolicy: 'Ignore', timeoutSeconds: TIMEOUT_SECONDS, sideEffects: 'None' },
    ...{ reinvocationPolicy: 'IfNeeded', matchPolicy: 'Equivalent', admissionReviewVersions: ['v1'] },
  };
}
