/** The Deployments of controller and gateway, with what belongs to them, under the restricted Pod Security Standard. */
import { createHash } from 'node:crypto';
import {
  ADMIN_SECRET,
  CLUSTER_CONFIG_MAP,
  CONFIG_KEY,
  CONTROLLER,
  GATEWAY,
  IMAGE,
  MESH_CONFIG_MAP,
  MOUNTS,
  NAMESPACE,
  POD_IP,
  POD_NAME,
  PORTS,
} from '../../mesh/adapters/kubernetes/installation.ts';
import {
  COMPILE_CACHE,
  CONTAINER_SECURITY,
  fieldEnv,
  programCommand,
  tokenVolume,
  USER,
} from '../../mesh/adapters/kubernetes/pod-parts.ts';

export interface WorkloadOptions {
  readonly image: string;
  readonly replicas: number;
  /** The text of `cluster.yaml`: pods are made anew when it changes. */
  readonly config: string;
}

/** A gateway that drains takes a minute. */
const GATEWAY_GRACE_SECONDS = 75;
const CONTROLLER_GRACE_SECONDS = 30;

export function controllerWorkload(options: WorkloadOptions): readonly object[] {
  return workload(options, {
    ...{ name: CONTROLLER, grace: CONTROLLER_GRACE_SECONDS },
    command: programCommand('federation', ['--dir', MOUNTS.home]),
    ports: ['federation', 'join', 'discovery', 'enrolment', 'webhook', 'admin'],
    env: [
      ...[fieldEnv(POD_NAME, 'metadata.name'), fieldEnv(POD_IP, 'status.podIP')],
      { name: IMAGE, value: options.image },
    ],
    config: { map: CLUSTER_CONFIG_MAP, key: 'cluster.yaml' },
    mounts: { admin: { secret: { secretName: ADMIN_SECRET } } },
    callsApi: true,
  });
}

export function gatewayWorkload(options: WorkloadOptions): readonly object[] {
  return workload(options, {
    ...{ name: GATEWAY, grace: GATEWAY_GRACE_SECONDS },
    command: programCommand('gateway', [
      ...['--dir', MOUNTS.home, '--name', `$(${POD_NAME})`, '--admin', `0.0.0.0:${PORTS.admin}`],
    ]),
    ports: ['gateway', 'admin'],
    env: [fieldEnv(POD_NAME, 'metadata.name')],
    config: { map: MESH_CONFIG_MAP, key: CONFIG_KEY },
    mounts: {
      mesh: { configMap: { name: MESH_CONFIG_MAP } },
      token: tokenVolume(),
    },
    callsApi: false,
  });
}

interface Program {
  readonly name: string;
  readonly command: readonly string[];
  readonly ports: readonly (keyof typeof PORTS)[];
  readonly env: readonly object[];
  /** Volumes by the name of their place. */
  readonly mounts: Partial<Record<keyof typeof MOUNTS, object>>;
  /** Where its configuration is: the installer's, or what the controller has read of it. */
  readonly config: { readonly map: string; readonly key: string };
  readonly callsApi: boolean;
  readonly grace: number;
}

function workload(options: WorkloadOptions, program: Program): readonly object[] {
  const { name } = program;
  const labels = { 'app.kubernetes.io/name': 'isthmus', 'app.kubernetes.io/component': name };
  const metadata = { namespace: NAMESPACE, name };
  const annotations = {
    'isthmus.dev/config': createHash('sha256').update(options.config).digest('hex').slice(0, 16),
  };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata },
      spec: { minAvailable: options.replicas > 1 ? 1 : 0, selector: { matchLabels: labels } },
    },
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
      spec: {
        ...{ replicas: options.replicas, selector: { matchLabels: labels } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: { metadata: { labels, annotations }, spec: podSpec(options, program, labels) },
      },
    },
  ];
}

function podSpec({ image }: WorkloadOptions, program: Program, labels: object): object {
  const { name, grace, config, callsApi, mounts } = program;
  const volumes = Object.entries(mounts).map(([place, source]) => ({ name: place, ...source }));
  return {
    ...{ serviceAccountName: name, automountServiceAccountToken: callsApi, enableServiceLinks: false },
    ...{ terminationGracePeriodSeconds: grace, priorityClassName: 'system-cluster-critical' },
    securityContext: { fsGroup: USER },
    topologySpreadConstraints: [
      {
        ...{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
        labelSelector: { matchLabels: labels },
      },
    ],
    containers: [container(image, program)],
    volumes: [
      { name: 'home', emptyDir: {} },
      { name: 'config', configMap: { name: config.map } },
      ...volumes,
    ],
  };
}

function container(image: string, { name, command: run, ports, env, config, mounts }: Program): object {
  const probe = (path: string, rest: object): object => ({ httpGet: { path, port: PORTS.admin }, ...rest });
  const places = Object.keys(mounts) as (keyof typeof MOUNTS)[];
  return {
    ...{ name, image, imagePullPolicy: 'IfNotPresent', command: run },
    env: [...env, COMPILE_CACHE],
    ports: ports.map((port) => ({ name: port, containerPort: PORTS[port] })),
    livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 1, failureThreshold: 3 }),
    startupProbe: probe('/livez', { periodSeconds: 1, failureThreshold: 60 }),
    resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '512Mi' } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: 'home', mountPath: MOUNTS.home },
      { name: 'config', mountPath: `${MOUNTS.home}/${config.key}`, subPath: config.key, readOnly: true },
      ...places.map((place) => ({ name: place, mountPath: MOUNTS[place], readOnly: true })),
    ],
  };
}
