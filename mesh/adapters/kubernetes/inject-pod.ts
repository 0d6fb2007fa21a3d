/** A pod with a sidecar: what `isthmus inject` makes of one without. Pure; nothing of the pod is taken away. */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isDnsLabel } from '../../model/names.ts';
import { isRecord } from './api-object.ts';
import { INJECT, refusesSidecar } from './injection-choice.ts';
import { CONFIG_KEY, MESH_CONFIG_MAP, MOUNTS, POD_IP, POD_NAME, PORTS } from './installation.ts';
import { COMPILE_CACHE, CONTAINER_SECURITY, fieldEnv, programCommand, tokenVolume } from './pod-parts.ts';
import { WORKLOAD_API_VOLUME, workloadApiParts, type WorkloadApiParts } from './workload-api-volume.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `metadata` and `spec` of a Pod, or of the template of a workload. */
export interface PodForm {
  readonly metadata?: Fields;
  readonly spec?: Fields;
}

export interface InjectOptions {
  /** Of Isthmus. */
  readonly image: string;
  readonly namespace: string;
  /** Name of the workload: the service that the pod belongs to, unless the pod says otherwise. */
  readonly owner: string;
}

/** Annotations of a pod by which its owner steers the sidecar. */
const ANNOTATIONS = {
  /** The service that the pod belongs to. */
  service: 'isthmus.dev/service',
  /** Where the application listens; `none` for one that only calls others. */
  port: 'isthmus.dev/port',
  /** Where spans go. */
  traces: 'isthmus.dev/otlp-endpoint',
} as const;

const NAME = 'isthmus-sidecar';
/** Until every caller has heard that a pod ends. */
const LEAVE_SECONDS = 5;
/** What Kubernetes gives a pod that asks for nothing else. */
const GRACE_SECONDS = 30;
const VOLUMES = { home: 'isthmus-home', mesh: 'isthmus-mesh', token: 'isthmus-token' } as const;

/** Undefined: the pod shall have none. Doing it twice is doing it once. */
export function injectPod(pod: PodForm, options: InjectOptions): Result<PodForm | undefined, Fault> {
  const annotations = isRecord(pod.metadata?.['annotations']) ? pod.metadata['annotations'] : {};
  if (refusesSidecar(pod.metadata)) return ok(undefined);
  const { spec = {} } = pod;
  if (spec['hostNetwork'] === true)
    return refuse(
      options,
      'spec.hostNetwork',
      'the pod shares the ports of its node, which a sidecar would take',
    );
  const workload = readWorkload(pod, annotations, options);
  if (!workload.ok) return workload;
  const asked = workloadApiParts(annotations, `${options.namespace}/${options.owner}`);
  if (!asked.ok) return asked;
  const api = asked.value;
  const sidecar = sidecarContainer(options, workload.value, api);
  return ok({
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...annotations, [INJECT]: 'enabled' } },
    spec: {
      ...spec,
      // First of all: it is there before whatever else the pod starts, and until all of it has ended.
      initContainers: [sidecar, ...others(spec['initContainers'], [NAME])],
      containers: others(spec['containers'], []).map((container) =>
        api.container(inMesh(container, leaveSeconds(spec))),
      ),
      volumes: [
        ...others(spec['volumes'], [...Object.values(VOLUMES), WORKLOAD_API_VOLUME]),
        ...[...volumes(), ...api.volumes],
      ],
    },
  });
}

interface Workload {
  readonly service: string;
  readonly serviceAccount: string;
  readonly port: string | undefined;
  readonly traces: string | undefined;
}

function readWorkload(
  { metadata, spec = {} }: PodForm,
  annotations: Fields,
  options: InjectOptions,
): Result<Workload, Fault> {
  const labels = isRecord(metadata?.['labels']) ? metadata['labels'] : {};
  const service =
    annotations[ANNOTATIONS.service] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? options.owner;
  if (typeof service !== 'string' || !isDnsLabel(service))
    return refuse(options, ANNOTATIONS.service, `${JSON.stringify(service)} is no name of a service`);
  const port = annotations[ANNOTATIONS.port] ?? firstPort(spec);
  if (port !== undefined && port !== 'none' && !isPort(port))
    return refuse(options, ANNOTATIONS.port, `${JSON.stringify(port)} is no port, and not none`);
  const { serviceAccountName = 'default' } = spec;
  const traces = annotations[ANNOTATIONS.traces];
  return ok({
    service,
    serviceAccount: String(serviceAccountName),
    port: isPort(port) ? String(port) : undefined,
    traces: typeof traces === 'string' ? traces : undefined,
  });
}

function isPort(port: unknown): port is string | number {
  return typeof port === 'number' || (typeof port === 'string' && /^\d{1,5}$/.test(port));
}

/** Of the containers in order; the first port is what most applications serve. */
function firstPort(spec: Fields): number | undefined {
  const ports = others(spec['containers'], []).flatMap((container) => others(container['ports'], []));
  return ports.map(({ containerPort }) => containerPort).find((port) => typeof port === 'number');
}

function refuse({ namespace, owner }: InjectOptions, field: string, message: string): Result<never, Fault> {
  return err({ ...fault('invalid_manifest', `${namespace}/${owner}`, message), field });
}

/** The entries of a list that are objects, without those of these names. */
function others(list: unknown, names: readonly string[]): readonly Fields[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  return entries.filter(isRecord).filter(({ name }) => !names.includes(String(name)));
}

/**
 * The way into the mesh for who knows of it, and time to leave: what an application is told otherwise stays. A pod that is
 * deleted is sent nothing new as soon as the cluster says so, and its application ends after that.
 */
function inMesh(container: Fields, seconds: number): Fields {
  const proxy = { name: 'ISTHMUS_PROXY', value: `http://127.0.0.1:${PORTS.outbound}` };
  const lifecycle = isRecord(container['lifecycle']) ? container['lifecycle'] : {};
  return {
    ...container,
    env: [...others(container['env'], [proxy.name]), proxy],
    ...(seconds === 0 ? {} : { lifecycle: { preStop: { sleep: { seconds } }, ...lifecycle } }),
  };
}

/** Half of the time that the pod has, at most: the application wants some of it too. */
function leaveSeconds({ terminationGracePeriodSeconds: grace = GRACE_SECONDS }: Fields): number {
  return Math.min(LEAVE_SECONDS, typeof grace === 'number' ? Math.floor(grace / 2) : 0);
}

function sidecarContainer(
  { image, namespace }: InjectOptions,
  workload: Workload,
  api: WorkloadApiParts,
): object {
  const { service, serviceAccount, port, traces } = workload;
  const args = ['--dir', MOUNTS.home, '--service', service, '--namespace', namespace];
  const probe = (path: string, rest: object): object => ({ httpGet: { path, port: PORTS.admin }, ...rest });
  return {
    ...{ name: NAME, image, imagePullPolicy: 'IfNotPresent', restartPolicy: 'Always' },
    command: programCommand('sidecar', [
      ...[...args, '--service-account', serviceAccount],
      ...(port === undefined ? [] : ['--port', port]),
      ...api.arguments,
    ]),
    env: [
      ...[fieldEnv(POD_NAME, 'metadata.name'), fieldEnv(POD_IP, 'status.podIP'), COMPILE_CACHE],
      ...(traces === undefined ? [] : [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: traces }]),
    ],
    ports: [{ name: 'isthmus-mesh', containerPort: PORTS.inbound }],
    // The application starts when it is through: from then on it can call others.
    startupProbe: probe('/readyz', { periodSeconds: 1, failureThreshold: 120 }),
    livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
    resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: VOLUMES.home, mountPath: MOUNTS.home },
      { name: VOLUMES.mesh, mountPath: `${MOUNTS.home}/${CONFIG_KEY}`, subPath: CONFIG_KEY, readOnly: true },
      { name: VOLUMES.mesh, mountPath: MOUNTS.mesh, readOnly: true },
      { name: VOLUMES.token, mountPath: MOUNTS.token, readOnly: true },
      ...api.mounts,
    ],
  };
}

function volumes(): readonly Fields[] {
  return [
    { name: VOLUMES.home, emptyDir: {} },
    { name: VOLUMES.mesh, configMap: { name: MESH_CONFIG_MAP } },
    { name: VOLUMES.token, ...tokenVolume() },
  ];
}
