/** The DNS server of `--dns`, with all that belongs to it, under the restricted Pod Security Standard. */
import { DNS, MOUNTS, NAMESPACE, PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
import {
  COMPILE_CACHE,
  CONTAINER_SECURITY,
  programCommand,
} from '../../mesh/adapters/kubernetes/pod-parts.ts';

const LABELS = { 'app.kubernetes.io/name': 'isthmus', 'app.kubernetes.io/component': DNS };
/** Either answers alone, so one may go at any time. */
const REPLICAS = 2;
const GRACE_SECONDS = 10;
const RBAC = 'rbac.authorization.k8s.io';
const FOLLOW = ['list', 'watch'];

const named = { namespace: NAMESPACE, name: DNS };

/** All of it, in the order in which it can be made. */
export function dnsObjects(image: string): readonly object[] {
  return [...dnsRoleObjects(), dnsService(), ...dnsWorkload(image)];
}

/** What it may do: read what the zone is made of. */
export function dnsRoleObjects(): readonly object[] {
  const metadata = { name: DNS };
  return [
    {
      ...{ apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata },
      rules: [
        { apiGroups: ['multicluster.x-k8s.io'], resources: ['serviceimports'], verbs: FOLLOW },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: FOLLOW },
      ],
    },
    {
      ...{ apiVersion: `${RBAC}/v1`, kind: 'ClusterRoleBinding', metadata },
      subjects: [{ kind: 'ServiceAccount', ...named }],
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: DNS },
    },
  ];
}

export function dnsService(): object {
  const port = (name: string, protocol: string): object => ({
    name,
    protocol,
    port: 53,
    targetPort: PORTS.dns,
  });
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: named },
    spec: { type: 'ClusterIP', selector: LABELS, ports: [port('dns', 'UDP'), port('dns-tcp', 'TCP')] },
  };
}

function dnsWorkload(image: string): readonly object[] {
  const selector = { matchLabels: LABELS };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: named },
    {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: named },
      spec: { minAvailable: 1, selector },
    },
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: named },
      spec: {
        ...{ replicas: REPLICAS, selector },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: { metadata: { labels: LABELS }, spec: podSpec(image) },
      },
    },
  ];
}

function podSpec(image: string): object {
  return {
    ...{ serviceAccountName: DNS, automountServiceAccountToken: true, enableServiceLinks: false },
    ...{ terminationGracePeriodSeconds: GRACE_SECONDS, priorityClassName: 'system-cluster-critical' },
    topologySpreadConstraints: [
      {
        ...{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
        labelSelector: { matchLabels: LABELS },
      },
    ],
    containers: [container(image)],
    volumes: [{ name: 'home', emptyDir: {} }],
    securityContext: { fsGroup: CONTAINER_SECURITY.runAsGroup },
  };
}

function container(image: string): object {
  const probe = (path: string, rest: object): object => ({ httpGet: { path, port: PORTS.admin }, ...rest });
  const port = (name: string, protocol: string): object => ({ name, protocol, containerPort: PORTS.dns });
  return {
    ...{ name: DNS, image, imagePullPolicy: 'IfNotPresent' },
    command: programCommand('dns', ['--port', `${PORTS.dns}`, '--admin-port', `${PORTS.admin}`]),
    env: [COMPILE_CACHE],
    ports: [port('dns', 'UDP'), port('dns-tcp', 'TCP'), { name: 'admin', containerPort: PORTS.admin }],
    livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 1, failureThreshold: 3 }),
    startupProbe: probe('/livez', { periodSeconds: 1, failureThreshold: 60 }),
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [{ name: 'home', mountPath: MOUNTS.home }],
  };
}
