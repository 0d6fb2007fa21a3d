/**
 * SPIFFE identities of the mesh (SPIFFE-ID 2.1). One trust domain per cluster: `<cluster>.<mesh>`.
 * Workloads are `spiffe://<cluster>.<mesh>/ns/<ns>/sa/<sa>`; a cluster's own programs are `.../isthmus/<program>`.
 */
import { quoted } from '../kit/quoted.ts';
import { err, ok, type Result } from '../kit/result.ts';
import { fault, type Fault } from './fault.ts';
import {
  isDnsLabel,
  trustDomain,
  type ClusterName,
  type MeshName,
  type Namespace,
  type ServiceAccount,
} from './names.ts';

export type Program = 'controller' | 'gateway';

interface IdentityBase {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
}
export interface WorkloadIdentity extends IdentityBase {
  readonly kind: 'workload';
  readonly namespace: Namespace;
  readonly serviceAccount: ServiceAccount;
}
export interface ProgramIdentity extends IdentityBase {
  readonly kind: 'program';
  readonly program: Program;
}
export type Identity = WorkloadIdentity | ProgramIdentity;

export function formatIdentity(id: Identity): string {
  const domain = `spiffe://${trustDomain(id.cluster, id.mesh)}`;
  if (id.kind === 'program') return `${domain}/isthmus/${id.program}`;
  return `${domain}/ns/${id.namespace}/sa/${id.serviceAccount}`;
}

const SHAPE =
  /^spiffe:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\/(?:ns\/([a-z0-9-]+)\/sa\/([a-z0-9-]+)|isthmus\/(controller|gateway))$/;

/** Accepts exactly the two shapes above; case, escapes, ports, queries and empty segments are refused. */
export function parseIdentity(uri: string): Result<Identity, Fault> {
  const refusal = err(fault('invalid_certificate', quoted(uri, 256), 'is not a SPIFFE ID of a mesh'));
  const match = SHAPE.exec(uri);
  if (!match || uri.length > 2048) return refusal;
  const [, cluster, mesh, namespace, serviceAccount, program] = match;
  for (const label of [cluster, mesh, namespace, serviceAccount]) {
    if (label !== undefined && !isDnsLabel(label)) return refusal;
  }
  const base = { mesh: mesh as MeshName, cluster: cluster as ClusterName };
  if (program !== undefined) return ok({ kind: 'program', ...base, program: program as Program });
  return ok({
    kind: 'workload',
    ...base,
    namespace: namespace as Namespace,
    serviceAccount: serviceAccount as ServiceAccount,
  });
}

/** Whom a link expects at the other end. Anything else is refused, however valid its certificate. */
export type PeerExpectation =
  | { readonly kind: 'member' }
  | { readonly kind: 'program'; readonly program: 'controller' | 'gateway'; readonly cluster?: ClusterName }
  | {
      readonly kind: 'workload';
      readonly cluster: ClusterName;
      readonly namespace: Namespace;
      readonly serviceAccounts: readonly ServiceAccount[];
      /** The cluster's gateway will do as well: it stands for pods that have no sidecar. */
      readonly orGateway?: true;
    };
