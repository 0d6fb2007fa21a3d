/** The service `hello` of a namespace, its export and its import, as tests of the MCS API state and read them. */
import type { Condition } from '../../crds/condition.ts';
import type { ServiceImportSpec, ServiceImportStatus } from '../../crds/service-import.ts';
import type { Cluster } from './cluster.ts';

interface Import {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: ServiceImportSpec;
  readonly status?: ServiceImportStatus;
}

export async function state(
  { kubectl }: Pick<Cluster, 'kubectl'>,
  ...items: readonly unknown[]
): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items };
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list));
}

/** Answers its name. */
export async function makeNamespace(name: string, clusters: readonly Cluster[]): Promise<string> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await Promise.all(clusters.map((cluster) => state(cluster, namespace)));
  return name;
}

/** On TCP 42, named `tcp`. */
export function service(namespace: string, spec: object = {}): object {
  return {
    ...{ apiVersion: 'v1', kind: 'Service' },
    metadata: { name: 'hello', namespace, labels: { from: 'service' } },
    spec: { selector: { app: 'hello' }, ports: [{ name: 'tcp', port: 42, protocol: 'TCP' }], ...spec },
  };
}

export function exported(namespace: string, spec: object = {}): object {
  return {
    ...{ apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport' },
    ...{ metadata: { name: 'hello', namespace }, spec },
  };
}

export async function unexport({ kubectl }: Cluster, namespace: string): Promise<void> {
  await kubectl(['delete', 'serviceexport', 'hello', '-n', namespace]);
}

export function imported(cluster: Cluster, namespace: string): Promise<Import | undefined> {
  return read<Import>(cluster, 'serviceimport', namespace);
}

export async function portsOf(
  cluster: Cluster,
  namespace: string,
): Promise<ServiceImportSpec['ports'] | undefined> {
  return (await imported(cluster, namespace))?.spec.ports;
}

/** Of the export. */
export async function conditionOf(
  cluster: Cluster,
  ...[namespace, type]: readonly [namespace: string, type: string]
): Promise<Condition | undefined> {
  const found = await read<{ readonly status?: { readonly conditions?: readonly Condition[] } }>(
    cluster,
    ...(['serviceexport', namespace] as const),
  );
  return found?.status?.conditions?.find((condition) => condition.type === type);
}

async function read<T>(
  { kubectl }: Cluster,
  ...[kind, namespace]: readonly [kind: string, namespace: string]
): Promise<T | undefined> {
  const text = await kubectl(['get', kind, 'hello', '-n', namespace, '--ignore-not-found', '-o', 'json']);
  return text === '' ? undefined : (JSON.parse(text) as T);
}

/** Creation times have a resolution of a second: what is made after this is younger than what was made before. */
export async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) await new Promise((resolve) => setTimeout(resolve, 20));
}
