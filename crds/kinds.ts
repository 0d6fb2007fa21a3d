import { ACCESS_POLICY } from './access-policy.ts';
import { ENDPOINT_SLICE } from './endpoint-slice.ts';
import { FAILOVER_POLICY } from './failover-policy.ts';
import type { Kind } from './kind.ts';
import { NAMESPACE } from './namespace.ts';
import { SERVICE_EXPORT } from './service-export.ts';
import { SERVICE } from './service.ts';

/** All kinds of cluster objects, by `<apiVersion>/<kind>`. */
export const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['v1/Namespace', NAMESPACE],
  ['v1/Service', SERVICE],
  ['discovery.k8s.io/v1/EndpointSlice', ENDPOINT_SLICE],
  ['multicluster.x-k8s.io/v1beta1/ServiceExport', SERVICE_EXPORT],
  ['multicluster.x-k8s.io/v1alpha1/ServiceExport', SERVICE_EXPORT],
  ['isthmus.dev/v1alpha1/FailoverPolicy', FAILOVER_POLICY],
  ['isthmus.dev/v1alpha1/AccessPolicy', ACCESS_POLICY],
]);
