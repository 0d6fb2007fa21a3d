/** What a cluster of the scale test states: one file for each exported service with its endpoints. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

export const NAMESPACE = 'load';
/** The service with real sidecars; all others have endpoints in manifests only. */
export const PROBE = 'probe';
const PORT = 80;

export interface Size {
  readonly services: number;
  readonly endpoints: number;
}

/** Services of different clusters have different names: each cluster imports those of all others. */
function serviceName(cluster: string, index: number): string {
  return `${cluster}-${index}`;
}

/** `ready` of the endpoints of each service are ready. */
export async function writeServices(
  dir: string,
  cluster: string,
  { services, endpoints, ready }: Size & { readonly ready: number },
): Promise<void> {
  for (let i = 0; i < services; i++) {
    const name = serviceName(cluster, i);
    const entries = Array.from({ length: endpoints }, (_, n) => ({
      addresses: [`10.${i >> 8}.${i & 255}.${n + 1}`],
      conditions: { ready: n < ready },
    }));
    await writeManifests(dir, name, [service(name), slice(name, entries), serviceExport(name)]);
  }
}

export async function writeProbe(dir: string): Promise<void> {
  await writeManifests(dir, PROBE, [service(PROBE)]);
}

/** States, or withdraws, the export of the probe. */
export async function exportProbe(dir: string, exported: boolean): Promise<void> {
  const name = `${PROBE}-export`;
  if (exported) return writeManifests(dir, name, [serviceExport(PROBE)]);
  await rm(manifestFile(dir, name));
}

function service(name: string): object {
  const ports = [{ name: 'http', port: PORT, appProtocol: 'http' }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: NAMESPACE }, spec: { ports } };
}

function slice(name: string, endpoints: readonly object[]): object {
  const labels = { 'kubernetes.io/service-name': name };
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    ...{ metadata: { name, namespace: NAMESPACE, labels }, endpoints, ports: [{ port: 15006 }] },
  };
}

function serviceExport(name: string): object {
  const apiVersion = 'multicluster.x-k8s.io/v1beta1';
  return { apiVersion, kind: 'ServiceExport', metadata: { name, namespace: NAMESPACE } };
}

/** JSON is YAML. A file appears whole, as editors and deployments write them. */
async function writeManifests(dir: string, name: string, manifests: readonly object[]): Promise<void> {
  const file = manifestFile(dir, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
  await rename(`${file}.new`, file);
}

function manifestFile(dir: string, name: string): string {
  return path.join(dir, 'manifests', NAMESPACE, `${name}.yaml`);
}
