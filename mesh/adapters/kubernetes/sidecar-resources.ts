/** What a sidecar asks of its node, and how the owner of a pod changes it, by annotations of the pod. */
import { ok, type Result } from '../../kit/result.ts';
import { PROXY_CPU } from './installation.ts';
import { shown, wrong, type WrongAnnotation } from './wrong-annotation.ts';

const ANNOTATIONS = {
  /** Guaranteed when the node is busy: `100m`, `0.5`, `2`. */
  cpu: 'isthmus.dev/sidecar-cpu',
  /** Beyond it the kernel ends the sidecar: `512Mi`, `1Gi`. */
  memoryLimit: 'isthmus.dev/sidecar-memory-limit',
} as const;

const MILLIS = /^(\d{1,5})m$/;
const CORES = /^\d{1,2}(\.\d{1,3})?$/;
const MEMORY = /^(\d{1,5})([MG]i?)$/;
const BYTES: Readonly<Record<string, number>> = { M: 1e6, Mi: 2 ** 20, G: 1e9, Gi: 2 ** 30 };
const LEAST_MILLIS = 10;
const MEMORY_REQUEST = '64Mi';
const MEMORY_LIMIT = '256Mi';
/** 128Mi: a sidecar that serves has more than 100 MB. */
const LEAST_LIMIT_BYTES = 128 * 2 ** 20;

/** `resources` of a container. */
export interface SidecarResources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly memory: string };
}

export function readSidecarResources(
  annotations: Readonly<Record<string, unknown>>,
): Result<SidecarResources, WrongAnnotation> {
  const { [ANNOTATIONS.cpu]: cpu = PROXY_CPU, [ANNOTATIONS.memoryLimit]: limit = MEMORY_LIMIT } = annotations;
  if (typeof cpu !== 'string' || millicores(cpu) < LEAST_MILLIS)
    return wrong(
      ANNOTATIONS.cpu,
      `${shown(cpu)} is no processor such as 100m, 0.5 or 2, from 10m up to 99.999`,
    );
  if (typeof limit !== 'string' || bytesOf(limit) < LEAST_LIMIT_BYTES)
    return wrong(
      ANNOTATIONS.memoryLimit,
      `${shown(limit)} is no memory such as 512Mi or 1Gi, from 128Mi up to 99999Gi`,
    );
  return ok({ requests: { cpu, memory: MEMORY_REQUEST }, limits: { memory: limit } });
}

/** 0 of what is none. */
function millicores(text: string): number {
  if (CORES.test(text)) return Number(text) * 1000;
  return Number(MILLIS.exec(text)?.[1] ?? 0);
}

/** 0 of what is none. */
function bytesOf(text: string): number {
  const [, amount = '0', unit = 'M'] = MEMORY.exec(text) ?? [];
  return Number(amount) * (BYTES[unit] ?? 0);
}
