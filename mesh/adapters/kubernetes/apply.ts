/** Server-side apply: states the fields that Isthmus owns, and leaves those of others alone. */
import type { Result } from '../../kit/result.ts';
import type { ApiAnswer, ApiClient, ApiFault } from './api-client.ts';
import { objectPath, type ObjectKind, type ObjectPlace } from './resources.ts';

/** Owner of the fields that are applied. */
export const FIELD_MANAGER = 'isthmus';

export interface Applied extends ObjectPlace {
  readonly kind: ObjectKind;
  /** `labels` and `annotations`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** `spec`, or `status`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** `status`: its fields are applied, and no others. */
  readonly subresource?: 'status';
}

/** Status 201: it was not there before. Fields that others own are taken over. */
export function applyObject(
  api: Pick<ApiClient, 'request'>,
  applied: Applied,
): Promise<Result<ApiAnswer, ApiFault>> {
  const { kind, namespace, name, metadata, fields, subresource } = applied;
  const at: ObjectPlace = { name, ...(namespace === undefined ? {} : { namespace }) };
  const path = objectPath(kind, at);
  return api.request({
    ...{ method: 'PATCH', path: subresource === undefined ? path : `${path}/${subresource}` },
    query: { fieldManager: FIELD_MANAGER, force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { ...at, ...metadata },
      ...fields,
    },
  });
}

export function deleteObject(
  api: Pick<ApiClient, 'request'>,
  kind: ObjectKind,
  at: ObjectPlace,
): Promise<Result<ApiAnswer, ApiFault>> {
  return api.request({ method: 'DELETE', path: objectPath(kind, at) });
}
