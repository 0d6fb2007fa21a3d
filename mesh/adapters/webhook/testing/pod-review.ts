/** An AdmissionReview as kube-apiserver 1.36 sends it for a new pod, and the pod as it is after its answer (RFC 6902). */
import type { PatchOperation } from '../admission-review.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface PodFields {
  readonly metadata: Fields;
  readonly spec: Fields;
}

export const APP = { name: 'app', image: 'cart:7', ports: [{ containerPort: 8080, protocol: 'TCP' }] };

export function podOf(metadata: Fields = {}, spec: Fields = {}): PodFields {
  return {
    metadata: { name: 'cart-1', namespace: 'shop', ...metadata },
    spec: { containers: [APP], serviceAccountName: 'default', ...spec },
  };
}

export function reviewOf(pod: unknown, request: Fields = {}): Fields {
  return {
    ...{ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' },
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      ...{ name: 'cart-1', namespace: 'shop', operation: 'CREATE', dryRun: false, oldObject: null },
      userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller' },
      object: pod,
      ...request,
    },
  };
}

/** Operations `add` on members of objects, which is all that is sent. */
export function patched(pod: PodFields, patch: readonly PatchOperation[]): PodFields {
  const copy = structuredClone(pod) as unknown as Record<string, Record<string, unknown>>;
  for (const { op, path, value } of patch) {
    const [root, part = '', field = '', ...deeper] = path
      .split('/')
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
    const target = copy[part];
    if (op !== 'add' || root !== '' || deeper.length > 0 || target === undefined)
      throw new Error(`not to be added: ${path}`);
    target[field] = structuredClone(value);
  }
  return copy as unknown as PodFields;
}
