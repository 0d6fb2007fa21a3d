/** The webhook of a controller in a pod: its own connections to the API server, and the image that the pod runs. */
import { startWebhook, type Webhook, type WebhookOptions } from './webhook.ts';
import { inClusterAccess } from '../../mesh/adapters/kubernetes/api-access-in-cluster.ts';
import { createApiClient } from '../../mesh/adapters/kubernetes/api-client.ts';
import { IMAGE, PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';

type PodWebhookOptions = Pick<WebhookOptions, 'clock' | 'random' | 'log' | 'metrics' | 'host'> & {
  readonly env: NodeJS.ProcessEnv;
};

export function startPodWebhook(options: PodWebhookOptions): Result<Webhook, Fault> {
  const { env } = options;
  const { [IMAGE]: image = '' } = env;
  if (image === '')
    return err(fault('config_invalid', IMAGE, 'is not set: the pod does not say what sidecars are made of'));
  const access = inClusterAccess(env);
  if (!access.ok) return access;
  return ok(startWebhook({ ...options, image, port: PORTS.webhook, api: createApiClient(access.value) }));
}
