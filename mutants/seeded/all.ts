/** All of them, area by area. */
import type { Mutant } from '../mutant.ts';
import { ACCESS } from './access.ts';
import { BORDER } from './border.ts';
import { CATALOG } from './catalog.ts';
import { CERTIFICATES } from './certificates.ts';
import { DISCOVERY } from './discovery.ts';
import { FAILOVER } from './failover.ts';
import { GATEWAY } from './gateway.ts';
import { HEALTH } from './health.ts';
import { HELLO } from './hello.ts';
import { HTTP } from './http.ts';
import { JOIN } from './join.ts';
import { KUBERNETES } from './kubernetes.ts';
import { LINKS } from './links.ts';
import { MANIFESTS } from './manifests.ts';
import { OPERATIONS } from './operations.ts';
import { PODS } from './pods.ts';
import { SIDECAR } from './sidecar.ts';
import { TRUST } from './trust.ts';
import { VIEWS } from './views.ts';
import { WORKLOAD_API } from './workload-api.ts';

export const MUTANTS: readonly Mutant[] = [
  ...CERTIFICATES,
  ...TRUST,
  ...JOIN,
  ...CATALOG,
  ...BORDER,
  ...LINKS,
  ...GATEWAY,
  ...HELLO,
  ...HTTP,
  ...SIDECAR,
  ...FAILOVER,
  ...HEALTH,
  ...ACCESS,
  ...MANIFESTS,
  ...VIEWS,
  ...DISCOVERY,
  ...OPERATIONS,
  ...PODS,
  ...KUBERNETES,
  ...WORKLOAD_API,
];
