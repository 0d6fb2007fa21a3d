/** The part of an object of an API server that every object has, checked; the rest is data of unknown form. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Of objects that Isthmus made, whose absence of it says that somebody else takes them away. */
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'isthmus' } as const;

export function isOurs({ metadata: { labels } }: Pick<ApiObject, 'metadata'>): boolean {
  return isRecord(labels) && Object.entries(MANAGED_BY).every(([name, value]) => labels[name] === value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isApiObject(value: unknown): value is ApiObject {
  if (!isRecord(value) || !isRecord(value['metadata'])) return false;
  const { name, namespace, resourceVersion } = value['metadata'];
  const isText = (field: unknown): boolean => field === undefined || typeof field === 'string';
  return typeof name === 'string' && name !== '' && isText(namespace) && isText(resourceVersion);
}
