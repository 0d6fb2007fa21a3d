/** What a sidecar asks of its node, and how the owner of a pod changes it, by annotations of the pod. */
import { ok, type Result } from '../../kit/result.ts';
import { shown, wrong, type WrongAnnotation } from './capture-wish.ts';
import { PROXY_CPU } from './installation.ts';

const ANNOTATIONS = {
  /** Guaranteed when the node is busy: `100m`, `2`. */
  cpu: 'isthmus.dev/sidecar-cpu',
  /** Beyond it the kernel ends the sidecar: `256Mi`, `1Gi`. */
  memoryLimit: 'isthmus.dev/sidecar-memory-limit',
} as const;

const CPU = /^([1-9]\d{1,4}m|[1-9]\d?)$/;
const MEMORY = /^([1-9]\d{0,4})(Mi|Gi)$/;
const MEMORY_REQUEST = '64Mi';
const MEMORY_LIMIT = '256Mi';
/** A sidecar at rest has some 80 MB. */
const LEAST_LIMIT_MI = 128;

/** `resources` of a container. */
export interface SidecarResources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly memory: string };
}

export function readSidecarResources(
  annotations: Readonly<Record<string, unknown>>,
): Result<SidecarResources, WrongAnnotation> {
  const { [ANNOTATIONS.cpu]: cpu = PROXY_CPU, [ANNOTATIONS.memoryLimit]: limit = MEMORY_LIMIT } = annotations;
  if (typeof cpu !== 'string' || !CPU.test(cpu))
    return wrong(ANNOTATIONS.cpu, `${shown(cpu)} is no processor as 100m or 2, of 10m at least`);
  if (typeof limit !== 'string' || mebibytes(limit) < LEAST_LIMIT_MI)
    return wrong(
      ANNOTATIONS.memoryLimit,
      `${shown(limit)} is no memory as 512Mi or 1Gi, of ${LEAST_LIMIT_MI}Mi at least`,
    );
  return ok({ requests: { cpu, memory: MEMORY_REQUEST }, limits: { memory: limit } });
}

/** 0 of what is no quantity. */
function mebibytes(text: string): number {
  const [, amount = '0', unit] = MEMORY.exec(text) ?? [];
  return Number(amount) * (unit === 'Gi' ? 1024 : 1);
}
