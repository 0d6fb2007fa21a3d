/** The Deployments of controller and gateway, with what belongs to them, under the restricted Pod Security Standard. */
import { createHash } from 'node:crypto';
import {
  ADMIN_SECRET,
  CLUSTER_CONFIG_MAP,
  CONFIG_ANNOTATION,
  CONFIG_KEY,
  CONFIG_NAME,
  CONTROLLER,
  GATEWAY,
  IMAGE,
  MESH_CONFIG_MAP,
  MOUNTS,
  namedConfigKey,
  NAMESPACE,
  POD_IP,
  POD_NAME,
  PORTS,
  PROXY_CPU,
} from '../../mesh/adapters/kubernetes/installation.ts';
import {
  COMPILE_CACHE,
  CONTAINER_SECURITY,
  fieldEnv,
  programCommand,
  tokenVolume,
  USER,
} from '../../mesh/adapters/kubernetes/pod-parts.ts';

export interface WorkloadSettings {
  readonly image: string;
  readonly replicas: number;
  /** Of the replicas, while nodes are drained. */
  readonly minAvailable: number;
  /** Names the configuration: pods are made anew when it changes. */
  readonly configName: string;
}

interface WorkloadChoice extends Pick<WorkloadSettings, 'image' | 'replicas'> {
  /** The text of `cluster.yaml`. */
  readonly config: string;
}

export function workloadSettings({ image, replicas, config }: WorkloadChoice): WorkloadSettings {
  return { image, replicas, minAvailable: replicas > 1 ? 1 : 0, configName: configName(config) };
}

/** Good for a key of a ConfigMap, and nothing that YAML takes for a number. */
export function configName(config: string): string {
  return `sha256-${createHash('sha256').update(config).digest('hex').slice(0, 16)}`;
}

/** A gateway that drains takes a minute. */
const GATEWAY_GRACE_SECONDS = 75;
const CONTROLLER_GRACE_SECONDS = 30;

export function controllerWorkload(settings: WorkloadSettings): readonly object[] {
  return workload(settings, {
    ...{ name: CONTROLLER, grace: CONTROLLER_GRACE_SECONDS },
    command: programCommand('federation', ['--dir', MOUNTS.home]),
    ports: ['federation', 'join', 'discovery', 'enrolment', 'webhook', 'admin'],
    env: [
      ...[fieldEnv(POD_NAME, 'metadata.name'), fieldEnv(POD_IP, 'status.podIP')],
      fieldEnv(CONFIG_NAME, `metadata.annotations['${CONFIG_ANNOTATION}']`),
      { name: IMAGE, value: settings.image },
    ],
    config: { file: 'cluster.yaml', from: { name: CLUSTER_CONFIG_MAP } },
    mounts: { admin: { secret: { secretName: ADMIN_SECRET } } },
    callsApi: true,
  });
}

export function gatewayWorkload(settings: WorkloadSettings): readonly object[] {
  return workload(settings, {
    ...{ name: GATEWAY, grace: GATEWAY_GRACE_SECONDS },
    command: programCommand('gateway', [
      ...['--dir', MOUNTS.home, '--name', `$(${POD_NAME})`, '--admin', `0.0.0.0:${PORTS.admin}`],
    ]),
    ports: ['gateway', 'admin'],
    env: [fieldEnv(POD_NAME, 'metadata.name')],
    config: {
      file: CONFIG_KEY,
      from: {
        name: MESH_CONFIG_MAP,
        items: [{ key: namedConfigKey(settings.configName), path: CONFIG_KEY }],
      },
    },
    mounts: {
      mesh: { configMap: { name: MESH_CONFIG_MAP } },
      token: tokenVolume(),
    },
    beside: [PLAIN_PROXY],
    callsApi: false,
  });
}

/** One container. */
interface Program {
  readonly name: string;
  readonly command: readonly string[];
  /** The admin port is probed. */
  readonly ports: readonly (keyof typeof PORTS)[];
  readonly env: readonly object[];
}

/** A Deployment of one program, and those that stand beside it in its pods with the same places. */
interface Workload extends Program {
  /** Volumes by the name of their place. */
  readonly mounts: Partial<Record<keyof typeof MOUNTS, object>>;
  /** The file of its configuration, from the installer's ConfigMap, or from that of what the controller has read of it. */
  readonly config: { readonly file: string; readonly from: object };
  readonly beside?: readonly Program[];
  readonly callsApi: boolean;
  readonly grace: number;
}

/** The proxy of pods without a sidecar: a process of its own, since a gateway never sees what it carries. */
const PLAIN_PROXY: Program = {
  name: 'plain-proxy',
  command: programCommand('sidecar/plain', ['--dir', MOUNTS.home]),
  ports: ['plain', 'plain-admin'],
  env: [fieldEnv(POD_NAME, 'metadata.name'), fieldEnv(POD_IP, 'status.podIP')],
};

function workload(settings: WorkloadSettings, program: Workload): readonly object[] {
  const { name } = program;
  const labels = { 'app.kubernetes.io/name': 'isthmus', 'app.kubernetes.io/component': name };
  const metadata = { namespace: NAMESPACE, name };
  const annotations = { [CONFIG_ANNOTATION]: settings.configName };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata },
      spec: { minAvailable: settings.minAvailable, selector: { matchLabels: labels } },
    },
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
      spec: {
        ...{ replicas: settings.replicas, selector: { matchLabels: labels } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: { metadata: { labels, annotations }, spec: podSpec(settings, program, labels) },
      },
    },
  ];
}

function podSpec({ image }: WorkloadSettings, program: Workload, labels: object): object {
  const { name, grace, config, callsApi, mounts, beside = [] } = program;
  const programs = [program, ...beside];
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
    containers: programs.map((one) => container(image, one, program)),
    volumes: [
      ...programs.map((one) => ({ name: homeOf(one), emptyDir: {} })),
      { name: 'config', configMap: config.from },
      ...volumes,
    ],
  };
}

/** Of its own: what a proxy keeps is no other's. */
function homeOf({ name }: Program): string {
  return `${name}-home`;
}

function container(
  image: string,
  program: Program,
  { config, mounts }: Pick<Workload, 'config' | 'mounts'>,
): object {
  const { name, command: run, ports, env } = program;
  const admin = ports.includes('plain-admin') ? PORTS['plain-admin'] : PORTS.admin;
  const probe = (path: string, rest: object): object => ({ httpGet: { path, port: admin }, ...rest });
  const cpu = name === CONTROLLER ? '50m' : PROXY_CPU;
  const places = Object.keys(mounts) as (keyof typeof MOUNTS)[];
  return {
    ...{ name, image, imagePullPolicy: 'IfNotPresent', command: run },
    env: [...env, COMPILE_CACHE],
    ports: ports.map((port) => ({ name: port, containerPort: PORTS[port] })),
    livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 1, failureThreshold: 3 }),
    startupProbe: probe('/livez', { periodSeconds: 1, failureThreshold: 60 }),
    resources: { requests: { cpu, memory: '96Mi' }, limits: { memory: '512Mi' } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: homeOf(program), mountPath: MOUNTS.home },
      { name: 'config', mountPath: `${MOUNTS.home}/${config.file}`, subPath: config.file, readOnly: true },
      ...places.map((place) => ({ name: place, mountPath: MOUNTS[place], readOnly: true })),
    ],
  };
}
