/** A pod with a sidecar: what `isthmus inject` makes of one without. Pure; nothing of the pod is taken away. */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isDnsLabel } from '../../model/names.ts';
import { isRecord } from './api-object.ts';
import { APP_PROBES, readStatedProbes, writeStatedProbes, type StatedProbes } from './app-probes.ts';
import { captureRules, type CaptureWish } from './capture-rules.ts';
import { isPort, readCaptureWish, type CaptureDefaults } from './capture-wish.ts';
import { INJECT, refusesSidecar } from './injection-choice.ts';
import { CAPTURE, CONFIG_KEY, MESH_CONFIG_MAP, MOUNTS, POD_IP, POD_NAME, PORTS } from './installation.ts';
import { moveProbes, restoreProbes } from './move-probes.ts';
import {
  COMPILE_CACHE,
  CONTAINER_SECURITY,
  fieldEnv,
  programCommand,
  SIDECAR_USER,
  tokenVolume,
} from './pod-parts.ts';
import { readSidecarResources, type SidecarResources } from './sidecar-resources.ts';
import { WORKLOAD_API_VOLUME, workloadApiParts, type WorkloadApiParts } from './workload-api-volume.ts';
import { shown } from './wrong-annotation.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `metadata` and `spec` of a Pod, or of the template of a workload. */
export interface PodForm {
  readonly metadata?: Fields;
  readonly spec?: Fields;
}

export interface InjectOptions extends CaptureDefaults {
  /** Of Isthmus. */
  readonly image: string;
  readonly namespace: string;
  /** Name of the workload: the service that the pod belongs to, unless the pod says otherwise. */
  readonly owner: string;
}

/** Annotations of a pod by which its owner steers the sidecar; others are in capture-wish.ts and sidecar-resources.ts. */
const ANNOTATIONS = {
  /** The service that the pod belongs to. */
  service: 'isthmus.dev/service',
  /** Where the application listens; `none` for one that only calls others. */
  port: 'isthmus.dev/port',
  /** Where spans go. */
  traces: 'isthmus.dev/otlp-endpoint',
} as const;

const NAME = 'isthmus-sidecar';
const CAPTURE_NAME = 'isthmus-capture';
/** Until every caller has heard that a pod ends. */
const LEAVE_SECONDS = 5;
const MAX_URL = 2048;
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
  const { capture } = workload.value;
  const probed = placeProbes(spec, capture?.inbound === 'strict', options);
  if (!probed.ok) return probed;
  const { containers, initContainers, probes } = probed.value;
  const sidecar = sidecarContainer(options, { ...workload.value, probes, api });
  return ok({
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...annotations, [INJECT]: 'enabled' } },
    spec: {
      ...spec,
      // First of all: it is there before whatever else the pod starts, and until all of it has ended.
      initContainers: [
        sidecar,
        ...(capture === undefined ? [] : [captureContainer(options, capture)]),
        ...initContainers,
      ],
      containers: containers.map((container) => api.container(inMesh(container, leaveSeconds(spec)))),
      volumes: [
        ...others(spec['volumes'], [...Object.values(VOLUMES), WORKLOAD_API_VOLUME]),
        ...[...volumes(), ...api.volumes],
      ],
    },
  });
}

interface Probed {
  readonly containers: readonly Fields[];
  readonly initContainers: readonly Fields[];
  /** For the sidecar; absent: the kubelet asks the application itself. */
  readonly probes: string | undefined;
}

function placeProbes(spec: Fields, atSidecar: boolean, options: InjectOptions): Result<Probed, Fault> {
  const earlier = others(spec['initContainers'], []).find(({ name }) => name === NAME);
  const told = others(earlier?.['env'], []).find(({ name }) => name === APP_PROBES)?.['value'];
  const before = readStatedProbes(typeof told === 'string' ? told : undefined);
  if (!before.ok) return refuse(options, APP_PROBES, before.error.message);
  let stated: StatedProbes = {};
  const place = (container: Fields): Fields => {
    const restored = restoreProbes(container, before.value);
    if (!atSidecar) return restored;
    const moved = moveProbes(restored);
    stated = { ...stated, ...moved.stated };
    return moved.container;
  };
  const containers = others(spec['containers'], []).map(place);
  const initContainers = others(spec['initContainers'], [NAME, CAPTURE_NAME]).map(place);
  if (Object.keys(stated).length === 0) return ok({ containers, initContainers, probes: undefined });
  const probes = writeStatedProbes(stated);
  if (!probes.ok) return refuse(options, probes.error.field ?? APP_PROBES, probes.error.message);
  return ok({ containers, initContainers, probes: probes.value });
}

interface Workload {
  readonly service: string;
  readonly serviceAccount: string;
  readonly port: string | undefined;
  readonly traces: string | undefined;
  /** Absent: nothing is captured. */
  readonly capture: CaptureWish | undefined;
  readonly resources: SidecarResources;
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
    return refuse(options, ANNOTATIONS.service, `${shown(service)} is no name of a service`);
  const port = annotations[ANNOTATIONS.port] ?? firstPort(spec);
  if (port !== undefined && port !== 'none' && !isApplicationPort(port))
    return refuse(options, ANNOTATIONS.port, `${shown(port)} is no port, and not none`);
  const capture = readCapture(spec, annotations, options);
  if (!capture.ok) return capture;
  const resources = readSidecarResources(annotations);
  if (!resources.ok) return refuse(options, resources.error.field, resources.error.message);
  const { serviceAccountName = 'default' } = spec;
  const traces = annotations[ANNOTATIONS.traces];
  if (traces !== undefined && !isCollector(traces))
    return refuse(options, ANNOTATIONS.traces, `${shown(traces)} is no address of http: or https:`);
  return ok({
    service,
    serviceAccount: String(serviceAccountName),
    ...{ port: isApplicationPort(port) ? String(port) : undefined, traces },
    ...{ capture: capture.value, resources: resources.value },
  });
}

function readCapture(
  spec: Fields,
  annotations: Fields,
  options: InjectOptions,
): Result<CaptureWish | undefined, Fault> {
  const wish = readCaptureWish(annotations, options);
  if (!wish.ok) return refuse(options, wish.error.field, wish.error.message);
  const containers = [...others(spec['containers'], []), ...others(spec['initContainers'], [NAME])];
  const isSidecarUser = ({ securityContext: security }: Fields): boolean =>
    isRecord(security) && security['runAsUser'] === SIDECAR_USER;
  if (wish.value === undefined || ![spec, ...containers].some(isSidecarUser)) return wish;
  return refuse(
    options,
    'spec.securityContext.runAsUser',
    `${SIDECAR_USER} is the sidecar's own user, whose connections are not captured`,
  );
}

/** A number comes from a container, whose ports the API server has checked. */
function isApplicationPort(port: unknown): port is string | number {
  return typeof port === 'number' || (typeof port === 'string' && isPort(port));
}

/** It becomes a variable of the sidecar, and no program can be started with one that is very long. */
function isCollector(url: unknown): url is string {
  return typeof url === 'string' && url.length <= MAX_URL && /^https?:\/\//.test(url) && URL.canParse(url);
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
  workload: Workload & Pick<Probed, 'probes'> & { readonly api: WorkloadApiParts },
): object {
  const { service, serviceAccount, port, traces, capture, resources, probes, api } = workload;
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
      ...(capture === undefined ? [] : [{ name: CAPTURE, value: 'outbound' }]),
      ...(probes === undefined ? [] : [{ name: APP_PROBES, value: probes }]),
      ...(traces === undefined ? [] : [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: traces }]),
    ],
    ports: [{ name: 'isthmus-mesh', containerPort: PORTS.inbound }],
    // The application starts when it is through: from then on it can call others.
    startupProbe: probe('/readyz', { periodSeconds: 1, failureThreshold: 120 }),
    livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 3 }),
    ...{ resources },
    securityContext:
      capture === undefined ? CONTAINER_SECURITY : { ...CONTAINER_SECURITY, runAsUser: SIDECAR_USER },
    volumeMounts: [
      { name: VOLUMES.home, mountPath: MOUNTS.home },
      { name: VOLUMES.mesh, mountPath: `${MOUNTS.home}/${CONFIG_KEY}`, subPath: CONFIG_KEY, readOnly: true },
      { name: VOLUMES.mesh, mountPath: MOUNTS.mesh, readOnly: true },
      { name: VOLUMES.token, mountPath: MOUNTS.token, readOnly: true },
      ...api.mounts,
    ],
  };
}

/** After the sidecar, which listens by then; before whatever else the pod starts. */
function captureContainer({ image }: InjectOptions, capture: CaptureWish): object {
  return {
    ...{
      name: CAPTURE_NAME,
      image,
      imagePullPolicy: 'IfNotPresent',
      command: ['nft', captureRules(capture)],
    },
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
    securityContext: {
      ...CONTAINER_SECURITY,
      // The one container that may, and it ends before the application begins.
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      ...{ runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 },
    },
  };
}

function volumes(): readonly Fields[] {
  return [
    { name: VOLUMES.home, emptyDir: {} },
    { name: VOLUMES.mesh, configMap: { name: MESH_CONFIG_MAP } },
    { name: VOLUMES.token, ...tokenVolume() },
  ];
}
