/**
 * The two objects of an API server that the webhook is kept in, with versions, conflicts and merging as far as it uses them.
 * What Kubernetes itself makes of them is tested on a real cluster.
 */
import type {
  ApiAnswer,
  ApiClient,
  ApiFault,
  ApiRequest,
} from '../../../mesh/adapters/kubernetes/api-client.ts';
import { WEBHOOK_NAMES } from '../../../mesh/adapters/kubernetes/installation.ts';
import { err, ok, type Result } from '../../../mesh/kit/result.ts';
import { fault } from '../../../mesh/model/fault.ts';

interface Body {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle: string };
  }[];
}

export interface WebhookApi {
  readonly client: ApiClient;
  /** Data of the Secret, decoded. */
  secret(field: string): string | undefined;
  setSecret(data: Readonly<Record<string, string>>): void;
  /** PEM */
  caBundle(): string;
  /** Until it comes back, every request fails. */
  goAway(isAway: boolean): void;
  readonly requests: readonly string[];
  isStopped(): boolean;
}

const SECRET = '/api/v1/namespaces/isthmus-system/secrets/isthmus-webhook';
const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/isthmus-webhook';

export function createWebhookApi(): WebhookApi {
  let [isAway, isStopped] = [false, false];
  const requests: string[] = [];
  const objects = openObjects();
  const bundleOf = (webhooks: Body['webhooks']): string => webhooks?.[0]?.clientConfig.caBundle ?? '';
  return {
    client: {
      request(request) {
        requests.push(`${request.method} ${request.path.split('/').at(-2)}`);
        const away = err(fault('unavailable', `API server ${request.path}`, 'is away'));
        return Promise.resolve(isAway ? away : objects.answer(request));
      },
      watch: () => () => undefined,
      stop: () => void (isStopped = true),
    },
    secret(field) {
      const value = objects.get(SECRET)?.data?.[field];
      return value === undefined ? undefined : decode(value);
    },
    setSecret: (data) => void objects.put(SECRET, { data }),
    caBundle: () => decode(bundleOf(objects.get(CONFIGURATION)?.webhooks)),
    goAway: (away) => void (isAway = away),
    ...{ requests, isStopped: () => isStopped },
  };
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString();
}

interface Objects {
  get(path: string): Body | undefined;
  put(path: string, body: Omit<Body, 'metadata'>): Body;
  answer(request: ApiRequest): Result<ApiAnswer, ApiFault>;
}

function openObjects(): Objects {
  let version = 0;
  const objects = new Map<string, Body>();
  const put = (path: string, body: Omit<Body, 'metadata'>): Body => {
    const stored = { ...body, metadata: { resourceVersion: String((version += 1)) } };
    objects.set(path, stored);
    return stored;
  };
  put(SECRET, {});
  put(CONFIGURATION, { webhooks: WEBHOOK_NAMES.map((name) => ({ name, clientConfig: { caBundle: '' } })) });
  const answer: Objects['answer'] = ({ method, path, body }) => {
    const held = objects.get(path);
    if (held === undefined) return err({ ...fault('api_refused', path, 'is not there'), status: 404 });
    if (method === 'GET') return ok({ status: 200, body: held });
    const { metadata, ...change } = structuredClone(body) as Body;
    if (metadata.resourceVersion !== held.metadata.resourceVersion)
      return err({ ...fault('api_conflict', path, 'has changed'), status: 409 });
    const data = { ...held.data, ...change.data };
    return ok({ status: 200, body: put(path, path === SECRET ? { data } : change) });
  };
  return { get: (path) => objects.get(path), put, answer };
}
