/**
 * Whether a new pod gets a sidecar, and the patch that gives it one. The API server has selected the pod by the labels of
 * its namespace and its own; here is what those cannot say. Pure.
 */
import type { Fault } from '../../model/fault.ts';
import { isSystemNamespace } from '../../model/names.ts';
import { isRecord } from '../kubernetes/api-object.ts';
import { injectPod, type PodForm } from '../kubernetes/inject-pod.ts';
import { refusesSidecar } from '../kubernetes/injection-choice.ts';
import { contains, isInOrder, withAdditions } from './additions.ts';
import { ownerOf, type PatchOperation, type Review } from './admission-review.ts';

export type Untouched = 'system_namespace' | 'host_network' | 'mirror_pod' | 'opted_out' | 'has_a_sidecar';

export type Verdict =
  | { readonly kind: 'injected'; readonly patch: readonly PatchOperation[] }
  | { readonly kind: 'untouched'; readonly why: Untouched; readonly patch?: never }
  /** It should have one and cannot: admitted as it is. */
  | { readonly kind: 'cannot'; readonly why: Fault };

/** What kubelet writes for a pod that it has from a file: it runs already, and the API server refuses one that mounts anything. */
const MIRROR = 'kubernetes.io/config.mirror';

export function admitPod({ namespace, pod }: Omit<Review, 'uid'>, image: string): Verdict {
  const why = reasonToLeave(namespace, pod);
  if (why !== undefined) return { kind: 'untouched', why };
  const made = injectPod(pod, { image, namespace, owner: ownerOf(pod.metadata) });
  if (!made.ok) return { kind: 'cannot', why: made.error };
  const patch = made.value === undefined ? [] : patchOf(pod, made.value);
  return patch.length === 0 ? { kind: 'untouched', why: 'has_a_sidecar' } : { kind: 'injected', patch };
}

function reasonToLeave(namespace: string, { metadata, spec }: Required<PodForm>): Untouched | undefined {
  if (isSystemNamespace(namespace)) return 'system_namespace';
  if (refusesSidecar(metadata)) return 'opted_out';
  if (spec['hostNetwork'] === true) return 'host_network';
  const { annotations } = metadata;
  return isRecord(annotations) && Object.hasOwn(annotations, MIRROR) ? 'mirror_pod' : undefined;
}

/**
 * Whole fields of `metadata` and `spec`: those that say less than they shall. A webhook is asked again about a pod that
 * others have changed since: what they have added to the sidecar stays, as limits that a quota asks for.
 */
function patchOf(pod: Required<PodForm>, made: PodForm): readonly PatchOperation[] {
  return (['metadata', 'spec'] as const).flatMap((part) =>
    Object.entries(made[part] ?? {}).flatMap(([field, wanted]): PatchOperation[] => {
      const given = pod[part][field];
      if (contains(given, wanted) && keepsOrder(field, { given, wanted })) return [];
      const path = `/${part}/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return [{ op: 'add', path, value: withAdditions(wanted, given) }];
    }),
  );
}

/** Init containers are started one after the other. */
function keepsOrder(
  field: string,
  { given, wanted }: { readonly given: unknown; readonly wanted: unknown },
): boolean {
  if (field !== 'initContainers' || !Array.isArray(given) || !Array.isArray(wanted)) return true;
  return isInOrder(given, wanted);
}
