/**
 * The Secret with the authority of the webhook and its serving certificate. All controllers read it again and again; the one
 * that leads writes it. What is in it may be missing or damaged: then it is made anew.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ok, type Result } from '../../kit/result.ts';
import type { Fault } from '../../model/fault.ts';
import type { ApiClient, ApiFault } from '../kubernetes/api-client.ts';
import { isRecord } from '../kubernetes/api-object.ts';
import { NAMESPACE, WEBHOOK_SECRET } from '../kubernetes/installation.ts';
import { objectPath, SECRETS } from '../kubernetes/resources.ts';
import type { ServingCertificate } from './webhook-server.ts';

/** A certificate and the key that belongs to it. */
export interface HeldCertificate extends ServingCertificate {
  readonly parsed: X509Certificate;
}

export interface WebhookSecret {
  readonly resourceVersion: string;
  readonly authority: HeldCertificate | undefined;
  readonly serving: HeldCertificate | undefined;
}

const PATH = objectPath(SECRETS, { namespace: NAMESPACE, name: WEBHOOK_SECRET });
/** Names that tools of the field look for. */
const FIELDS = { authority: ['ca.crt', 'ca.key'], serving: ['tls.crt', 'tls.key'] } as const;

export async function readWebhookSecret(
  api: Pick<ApiClient, 'request'>,
): Promise<Result<WebhookSecret, ApiFault>> {
  const answer = await api.request({ method: 'GET', path: PATH });
  return answer.ok ? ok(read(answer.value.body)) : answer;
}

/** Refused where somebody else has written since it was read. Answers what is there now. */
export async function writeWebhookSecret(
  api: Pick<ApiClient, 'request'>,
  { resourceVersion }: Pick<WebhookSecret, 'resourceVersion'>,
  change: Partial<Readonly<Record<keyof typeof FIELDS, ServingCertificate>>>,
): Promise<Result<WebhookSecret, Fault>> {
  const data = (['authority', 'serving'] as const).flatMap((part) => {
    const { [part]: made } = change;
    if (made === undefined) return [];
    const [certificate, privateKey] = FIELDS[part];
    return [
      [certificate, encode(made.certificate)],
      [privateKey, encode(made.privateKey)],
    ];
  });
  const patched = await api.request({
    ...{ method: 'PATCH', path: PATH, contentType: 'application/merge-patch+json' },
    body: { metadata: { resourceVersion }, data: Object.fromEntries(data) as unknown },
  });
  return patched.ok ? ok(read(patched.value.body)) : patched;
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function read(secret: unknown): WebhookSecret {
  const { metadata = {}, data = {} } = isRecord(secret) ? secret : {};
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  const held = (part: keyof typeof FIELDS): HeldCertificate | undefined => {
    const [certificate, privateKey] = FIELDS[part].map((field) =>
      decode(isRecord(data) ? data[field] : undefined),
    );
    return parseHeld({ certificate: certificate ?? '', privateKey: privateKey ?? '' });
  };
  return {
    resourceVersion: typeof version === 'string' ? version : '',
    ...{ authority: held('authority'), serving: held('serving') },
  };
}

function decode(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : '';
}

function parseHeld({ certificate, privateKey }: ServingCertificate): HeldCertificate | undefined {
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(createPrivateKey(privateKey))
      ? { certificate, privateKey, parsed }
      : undefined;
  } catch {
    return undefined;
  }
}
