/** What operators write, as the documents of manifest files, read by the real parser. */
import { parseManifest } from '../../../crds/parse-manifest.ts';
import {
  brokenText,
  collectContent,
  type SourceContent,
} from '../../../mesh/adapters/objects/source-content.ts';
import { splitServiceKey, type ClusterName, type ServiceKey } from '../../../mesh/model/names.ts';
import type { PolicyKind } from '../act.ts';
import { gatewayHost, PORTS, regionOf, workloadOf, zoneOf } from '../cast.ts';

const read = new Map<string, SourceContent>();

/** Documents are read once for all runs: what follows from one depends on nothing else. */
function readDocument(file: string, document: object, cluster: ClusterName): SourceContent {
  const place = { region: regionOf(cluster), zone: zoneOf(cluster) };
  const text = JSON.stringify([file, document, place]);
  const known = read.get(text);
  if (known !== undefined) return known;
  const outcome = parseManifest(document, place);
  const content = collectContent([{ outcome, at: (path) => `${file}: ${path.join('.')}` }]);
  read.set(text, content);
  return content;
}

export type Write = (file: string, content: SourceContent | undefined) => void;

export interface Manifests {
  namespace(name: string, present: boolean): void;
  service(service: ServiceKey, ports: number): void;
  deleteService(service: ServiceKey): void;
  exported(service: ServiceKey, exported: boolean): void;
  endpoints(service: ServiceKey, counts: { readonly ready: number; readonly total: number }): void;
  policy(service: ServiceKey, policy: PolicyKind, source: string): void;
}

export function writeManifests(cluster: ClusterName, write: Write): Manifests {
  const put = (file: string, document: object): void => write(file, readDocument(file, document, cluster));
  const fileOf = (kind: string, service: string): string => `${kind}-${service.replace('/', '.')}.yaml`;
  return {
    namespace(name, present) {
      const file = `namespace-${name}.yaml`;
      if (present) put(file, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      else write(file, undefined);
    },
    service: (service, ports) => put(fileOf('service', service), serviceDocument(service, ports)),
    deleteService: (service) => write(fileOf('service', service), undefined),
    exported(service, exported) {
      const apiVersion = 'multicluster.x-k8s.io/v1beta1';
      const document = { apiVersion, kind: 'ServiceExport', metadata: splitServiceKey(service) };
      if (exported) put(fileOf('export', service), document);
      else write(fileOf('export', service), undefined);
    },
    endpoints: (service, counts) =>
      put(fileOf('endpoints', service), endpointsDocument(cluster, service, counts)),
    policy(service, policy, source) {
      const file = fileOf('policy', service);
      if (policy === 'gone') return write(file, undefined);
      if (policy !== 'unreadable') return put(file, policyDocument(service, policy, source));
      const { namespace } = splitServiceKey(service);
      write(file, brokenText(`kind: AccessPolicy\nnamespace: ${namespace}\n{`, file, 'is not YAML'));
    },
  };
}

function serviceDocument(service: ServiceKey, count: number): object {
  const ports = PORTS.slice(0, count);
  return { apiVersion: 'v1', kind: 'Service', metadata: splitServiceKey(service), spec: { ports } };
}

function endpointsDocument(
  cluster: ClusterName,
  service: ServiceKey,
  { ready, total }: { readonly ready: number; readonly total: number },
): object {
  const { namespace, name } = splitServiceKey(service);
  const host = gatewayHost(cluster).split('.').at(-1);
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: {
      ...{ name, namespace, labels: { 'kubernetes.io/service-name': name } },
      annotations: { 'isthmus.dev/service-account': workloadOf(cluster).serviceAccount },
    },
    ports: [{ port: 15006 }],
    endpoints: Array.from({ length: total }, (_, i) => {
      return { addresses: [`10.${host}.0.${i + 1}`], conditions: { ready: i < ready } };
    }),
  };
}

function policyDocument(
  service: ServiceKey,
  policy: Exclude<PolicyKind, 'gone' | 'unreadable'>,
  source: string,
): object {
  const { namespace, name } = splitServiceKey(service);
  // A misspelled field: the policy cannot be parsed, what it selects can be read.
  const rules = [{ from: [policy === 'broken' ? { clutser: source } : { cluster: source }] }];
  return {
    ...{ apiVersion: 'isthmus.dev/v1alpha1', kind: 'AccessPolicy', metadata: { name, namespace } },
    spec: {
      targetRef: { kind: 'Service', name },
      ...(policy === 'allow' ? { allow: rules } : { deny: rules }),
    },
  };
}
