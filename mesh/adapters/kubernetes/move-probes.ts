/**
 * The kubelet's probes of an application that lets in nobody but the mesh: the kubelet asks the sidecar at its admin port,
 * and the sidecar asks the application, as app-probes.ts tells it. Here: what the pod says then. Pure.
 */
import { isRecord } from './api-object.ts';
import { APP_HEALTH, type StatedProbes } from './app-probes.ts';
import { PORTS } from './installation.ts';

type Fields = Readonly<Record<string, unknown>>;

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'] as const;
const HOOKS = ['postStart', 'preStop'] as const;
const HANDLERS = ['httpGet', 'tcpSocket', 'grpc'] as const;
/** The kubelet has no bound of its own for a hook. */
const HOOK_SECONDS = 30;

export interface Moved {
  readonly container: Fields;
  readonly stated: StatedProbes;
}

/** The container with its probes at the sidecar. Those of another host, of an unknown port, and exec stay as they are. */
export function moveProbes(container: Fields): Moved {
  const stated: Record<string, Fields> = {};
  const move = (holder: Fields, field: string): Fields => {
    const probe = holder[field];
    const handler = isRecord(probe) ? movable(probe, container) : undefined;
    if (!isRecord(probe) || handler === undefined) return holder;
    const name = `${String(container['name'])}/${field}`;
    const { timeoutSeconds = HOOKS.some((hook) => hook === field) ? HOOK_SECONDS : undefined } = probe;
    stated[name] = { ...handler, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) };
    const rest = Object.fromEntries(
      Object.entries(probe).filter(([one]) => !HANDLERS.some((known) => known === one)),
    );
    return {
      ...holder,
      [field]: { ...rest, httpGet: { path: `${APP_HEALTH}${name}`, port: PORTS.admin } },
    };
  };
  const probed = PROBES.reduce(move, container);
  const { lifecycle } = probed;
  if (!isRecord(lifecycle)) return { container: probed, stated };
  return { container: { ...probed, lifecycle: HOOKS.reduce(move, lifecycle) }, stated };
}

/** The container as it was before `moveProbes`; port names have become numbers. */
export function restoreProbes(container: Fields, stated: StatedProbes): Fields {
  const restore = (holder: Fields, field: string): Fields => {
    const probe = holder[field];
    const name = `${String(container['name'])}/${field}`;
    const handler = stated[name];
    if (!isRecord(probe) || handler === undefined || !isMoved(probe, name)) return holder;
    const { httpGet: _moved, ...rest } = probe;
    const { timeoutSeconds: _kept, ...original } = handler;
    return { ...holder, [field]: { ...rest, ...original } };
  };
  const probed = PROBES.reduce(restore, container);
  const { lifecycle } = probed;
  return isRecord(lifecycle) ? { ...probed, lifecycle: HOOKS.reduce(restore, lifecycle) } : probed;
}

function isMoved({ httpGet }: Fields, name: string): boolean {
  return isRecord(httpGet) && httpGet['path'] === `${APP_HEALTH}${name}`;
}

/** Its one handler, with its port as a number. */
function movable(probe: Fields, container: Fields): Fields | undefined {
  const kind = HANDLERS.find((one) => isRecord(probe[one]));
  const handler = kind === undefined ? undefined : probe[kind];
  if (kind === undefined || !isRecord(handler) || (handler['host'] ?? '') !== '') return undefined;
  const port = portOf(handler['port'], container);
  return port === undefined ? undefined : { [kind]: { ...handler, port } };
}

function portOf(port: unknown, { ports }: Fields): number | undefined {
  if (typeof port === 'number') return port;
  const named: readonly unknown[] = Array.isArray(ports) ? ports : [];
  const found = named.filter(isRecord).find(({ name }) => name === port)?.['containerPort'];
  return typeof found === 'number' ? found : undefined;
}
