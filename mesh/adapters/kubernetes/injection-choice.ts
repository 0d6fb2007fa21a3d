/** How the owners of namespaces and pods say whether pods get a sidecar. */
import { isRecord } from './api-object.ts';

/** Label of a namespace: `enabled` gives its pods sidecars, `disabled` gives none of them one. */
export const INJECTION_LABEL = 'isthmus.dev/injection';

/**
 * Of a pod: `false` refuses the sidecar, as a label or as an annotation. As a label, `true` asks for it where the namespace
 * says nothing; a label, because the API server selects pods by nothing else.
 */
export const INJECT = 'isthmus.dev/inject';

/** Values of `INJECT` that refuse. */
export const REFUSALS: readonly string[] = ['false', 'disabled'];

/** `metadata` of a pod. */
export function refusesSidecar(metadata: Readonly<Record<string, unknown>> | undefined): boolean {
  return ['labels', 'annotations'].some((field) => {
    const values = metadata?.[field];
    return isRecord(values) && REFUSALS.includes(String(values[INJECT]));
  });
}
