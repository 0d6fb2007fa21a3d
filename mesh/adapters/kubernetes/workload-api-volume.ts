/**
 * The SPIFFE Workload API in a pod, where its annotation asks for it: a volume that the sidecar and the containers of
 * the application share, with the socket in it. Who mounts the volume is the workload, under whatever user it runs.
 */
import { err, ok, type Result } from '../../kit/result.ts';
import { quoted } from '../../kit/quoted.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isRecord } from './api-object.ts';

type Fields = Readonly<Record<string, unknown>>;

const ANNOTATION = 'isthmus.dev/workload-api';
const VARIABLE = 'SPIFFE_ENDPOINT_SOCKET';
export const WORKLOAD_API_VOLUME = 'isthmus-workload-api';
const MOUNT = { name: WORKLOAD_API_VOLUME, mountPath: '/var/run/isthmus/workload-api' } as const;
const SOCKET = `${MOUNT.mountPath}/api.sock`;

/** What the parts of a pod get for it; nothing where it is not asked for. */
export interface WorkloadApiParts {
  readonly arguments: readonly string[];
  readonly mounts: readonly Fields[];
  readonly volumes: readonly Fields[];
  /** A container of the application, however often it has been through here. */
  container(container: Fields): Fields;
}

/** `subject`: the pod, for who reads the error. */
export function workloadApiParts(annotations: Fields, subject: string): Result<WorkloadApiParts, Fault> {
  const value = annotations[ANNOTATION];
  if (value === undefined || value === 'false')
    return ok({ arguments: [], mounts: [], volumes: [], container: without });
  if (value !== 'true') {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const why = `${quoted(text, 120)} is not "true", and not "false"`;
    return err({ ...fault('invalid_manifest', subject, why), field: ANNOTATION });
  }
  return ok({
    arguments: ['--workload-socket', SOCKET],
    mounts: [MOUNT],
    volumes: [{ name: WORKLOAD_API_VOLUME, emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }],
    container: withSocket,
  });
}

function withSocket(container: Fields): Fields {
  const bare = without(container);
  return {
    ...bare,
    env: [...withoutNamed(bare['env'], VARIABLE), { name: VARIABLE, value: `unix://${SOCKET}` }],
    volumeMounts: [...withoutNamed(bare['volumeMounts'], WORKLOAD_API_VOLUME), { ...MOUNT, readOnly: true }],
  };
}

/** A container whose pod asked before, and does not any more. */
function without(container: Fields): Fields {
  const mounts = container['volumeMounts'];
  const had =
    Array.isArray(mounts) && mounts.some((mount) => isRecord(mount) && mount['name'] === MOUNT.name);
  if (!had) return container;
  return {
    ...container,
    env: withoutNamed(container['env'], VARIABLE),
    volumeMounts: withoutNamed(mounts, WORKLOAD_API_VOLUME),
  };
}

function withoutNamed(list: unknown, name: string): readonly Fields[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  return entries.filter(isRecord).filter((entry) => entry['name'] !== name);
}
