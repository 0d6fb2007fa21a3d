/** AdmissionReview of `admission.k8s.io/v1`: what is read of a request about a new pod, and how it is answered. */
import { firstLine } from '../../kit/quoted.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isDnsLabel } from '../../model/names.ts';
import { isRecord } from '../kubernetes/api-object.ts';
import type { PodForm } from '../kubernetes/inject-pod.ts';

export interface Review {
  /** Of the request; its answer repeats it. */
  readonly uid: string;
  readonly namespace: string;
  readonly pod: Required<PodForm>;
}

export interface PatchOperation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

const API_VERSION = 'admission.k8s.io/v1';
const KIND = 'AdmissionReview';
const UID_MAX = 128;
/** What the API server shows of a warning without cutting it. */
const WARNING_MAX = 240;

/** A fault names the first field that is not as an API server writes it. */
export function parseReview(body: unknown): Result<Review, Fault> {
  if (!isRecord(body) || body['apiVersion'] !== API_VERSION || body['kind'] !== KIND)
    return bad('apiVersion', `is no ${KIND} of ${API_VERSION}`);
  const { request } = body;
  if (!isRecord(request)) return bad('request', 'is missing');
  const { uid, kind, operation, subResource = '', namespace, object } = request;
  if (typeof uid !== 'string' || uid === '' || uid.length > UID_MAX) return bad('request.uid', 'is no uid');
  if (!isPodKind(kind)) return bad('request.kind', 'is not Pod of v1');
  if (operation !== 'CREATE' || subResource !== '')
    return bad('request.operation', 'is not about a pod that is created');
  if (typeof namespace !== 'string' || !isDnsLabel(namespace))
    return bad('request.namespace', 'is no name of a namespace');
  if (!isRecord(object)) return bad('request.object', 'is no pod');
  const { metadata, spec } = object;
  if (!isRecord(metadata)) return bad('request.object.metadata', 'is missing');
  if (!isRecord(spec)) return bad('request.object.spec', 'is missing');
  return ok({ uid, namespace, pod: { metadata, spec } });
}

function isPodKind(kind: unknown): boolean {
  if (!isRecord(kind)) return false;
  return kind['group'] === '' && kind['version'] === 'v1' && kind['kind'] === 'Pod';
}

function bad(field: string, message: string): Result<never, Fault> {
  return err({ ...fault('invalid_manifest', KIND, message), field });
}

/** The pod is admitted, always: whether a pod may run is not for a mesh to say. */
export function allow(
  uid: string,
  { patch, warning }: { readonly patch?: readonly PatchOperation[]; readonly warning?: string },
): object {
  const changed = {
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch ?? [])).toString('base64'),
  };
  return {
    ...{ apiVersion: API_VERSION, kind: KIND },
    response: {
      ...{ uid, allowed: true },
      ...(patch === undefined ? {} : changed),
      ...(warning === undefined ? {} : { warnings: [firstLine(warning, WARNING_MAX)] }),
    },
  };
}

const HASHED = 'pod-template-hash';

/** The workload that the pod is of: a Deployment rather than its ReplicaSet, a CronJob rather than its Job. */
export function ownerOf({
  labels,
  ownerReferences,
  name,
  generateName,
}: PodForm['metadata'] & object): string {
  const owners: readonly unknown[] = Array.isArray(ownerReferences) ? ownerReferences : [];
  const owner = owners.filter(isRecord).find(({ controller }) => controller === true);
  if (owner === undefined) return textOf(name) ?? textOf(generateName)?.replace(/-$/, '') ?? '';
  const made = textOf(owner['name']) ?? '';
  const hash = isRecord(labels) ? textOf(labels[HASHED]) : undefined;
  if (owner['kind'] === 'ReplicaSet' && hash !== undefined && made.endsWith(`-${hash}`))
    return made.slice(0, -hash.length - 1);
  return owner['kind'] === 'Job' ? made.replace(/-\d{8,}$/, '') : made;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
