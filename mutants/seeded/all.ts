/** All of them, area by area. */
import type { Mutant } from '../mutant.ts';
import { ACCESS } from './access.ts';
import { BORDER } from './border.ts';
import { CAPTURE } from './capture.ts';
import { CHART_MUTANTS } from './chart.ts';
import { CATALOG } from './catalog.ts';
import { CERTIFICATES } from './certificates.ts';
import { DISCOVERY } from './discovery.ts';
import { DNS } from './dns.ts';
import { FAILOVER } from './failover.ts';
import { GATEWAY } from './gateway.ts';
import { GATEWAY_LINKS } from './gateway-links.ts';
import { HEALTH } from './health.ts';
import { HELLO } from './hello.ts';
import { HOSTS } from './hosts.ts';
import { HTTP } from './http.ts';
import { JOIN } from './join.ts';
import { KUBERNETES } from './kubernetes.ts';
import { LEAVING_LINKS } from './leaving-links.ts';
import { LINKS } from './links.ts';
import { MANIFESTS } from './manifests.ts';
import { MEMORY } from './memory.ts';
import { OPERATIONS } from './operations.ts';
import { PLAIN } from './plain.ts';
import { PODS } from './pods.ts';
import { RESILIENCE } from './resilience.ts';
import { SCALE } from './scale.ts';
import { SHARED_CONNECTIONS } from './shared-connections.ts';
import { SIDECAR } from './sidecar.ts';
import { SILENCE } from './silence.ts';
import { STREAMS } from './streams.ts';
import { SYSTEM_SERVICES } from './system-services.ts';
import { TRUST } from './trust.ts';
import { VIEWS } from './views.ts';
import { WEBHOOKS } from './webhook.ts';
import { WORKLOAD_API } from './workload-api.ts';
import { WRITER_MUTANTS } from './writer.ts';

export const MUTANTS: readonly Mutant[] = [
  ...CERTIFICATES,
  ...TRUST,
  ...JOIN,
  ...CATALOG,
  ...BORDER,
  ...LEAVING_LINKS,
  ...LINKS,
  ...GATEWAY,
  ...GATEWAY_LINKS,
  ...HELLO,
  ...HTTP,
  ...SIDECAR,
  ...STREAMS,
  ...SHARED_CONNECTIONS,
  ...FAILOVER,
  ...HEALTH,
  ...SILENCE,
  ...ACCESS,
  ...MANIFESTS,
  ...VIEWS,
  ...DISCOVERY,
  ...DNS,
  ...OPERATIONS,
  ...MEMORY,
  ...PODS,
  ...PLAIN,
  ...HOSTS,
  ...KUBERNETES,
  ...WORKLOAD_API,
  ...RESILIENCE,
  ...CHART_MUTANTS,
  ...WEBHOOKS,
  ...CAPTURE,
  ...SCALE,
  ...SYSTEM_SERVICES,
  ...WRITER_MUTANTS,
];
