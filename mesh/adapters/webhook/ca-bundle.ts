/**
 * The authorities that API servers trust the webhook by: `caBundle` in the MutatingWebhookConfiguration. The installer makes
 * that without them, and with another field manager, so that neither undoes what the other states (server-side apply).
 */
import { X509Certificate } from 'node:crypto';
import { ok, type Result } from '../../kit/result.ts';
import type { ApiAnswer, ApiClient, ApiFault } from '../kubernetes/api-client.ts';
import { isRecord } from '../kubernetes/api-object.ts';
import { WEBHOOK, WEBHOOK_NAMES } from '../kubernetes/installation.ts';
import { objectPath, type ObjectKind } from '../kubernetes/resources.ts';
import { fromPem, toPem } from '../x509/der.ts';

const KIND: ObjectKind = {
  ...{ kind: 'MutatingWebhookConfiguration', apiVersion: 'admissionregistration.k8s.io/v1' },
  plural: 'mutatingwebhookconfigurations',
};
const PATH = objectPath(KIND, { name: WEBHOOK });
const FIELD_MANAGER = 'isthmus-webhook';

export interface CaBundle {
  readonly resourceVersion: string;
  /** Those that all of its webhooks are trusted by; what cannot be read is none. */
  readonly trusted: readonly X509Certificate[];
}

export async function readCaBundle(api: Pick<ApiClient, 'request'>): Promise<Result<CaBundle, ApiFault>> {
  const answer = await api.request({ method: 'GET', path: PATH });
  if (!answer.ok) return answer;
  const { metadata, webhooks = [] } = isRecord(answer.value.body) ? answer.value.body : {};
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  const entries: readonly unknown[] = Array.isArray(webhooks) ? webhooks : [];
  const bundles = entries.filter(isRecord).map(({ clientConfig }) => certificatesOf(clientConfig));
  const [first = [], ...rest] = bundles;
  const trusted = first.filter(({ fingerprint256 }) =>
    rest.every((bundle) => bundle.some((other) => other.fingerprint256 === fingerprint256)),
  );
  return ok({ resourceVersion: typeof version === 'string' ? version : '', trusted });
}

function certificatesOf(clientConfig: unknown): readonly X509Certificate[] {
  const bundle = isRecord(clientConfig) ? clientConfig['caBundle'] : undefined;
  if (typeof bundle !== 'string') return [];
  try {
    const ders = fromPem(Buffer.from(bundle, 'base64').toString()) ?? [];
    return ders.map((der) => new X509Certificate(der));
  } catch {
    return [];
  }
}

/** Refused where somebody else has written since it was read. */
export function writeCaBundle(
  api: Pick<ApiClient, 'request'>,
  { resourceVersion, trusted }: CaBundle,
): Promise<Result<ApiAnswer, ApiFault>> {
  const pem = trusted.map(({ raw }) => toPem(raw, 'CERTIFICATE')).join('');
  const caBundle = Buffer.from(pem).toString('base64');
  const { apiVersion, kind } = KIND;
  return api.request({
    ...{ method: 'PATCH', path: PATH, contentType: 'application/apply-patch+yaml' },
    query: { fieldManager: FIELD_MANAGER, force: 'true' },
    body: {
      ...{ apiVersion, kind, metadata: { name: WEBHOOK, resourceVersion } },
      webhooks: WEBHOOK_NAMES.map((name) => ({ name, clientConfig: { caBundle } })),
    },
  });
}
