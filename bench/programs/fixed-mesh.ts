/** What the sidecars of a run are told of their mesh, once and for all. */
import type { TrustBundle } from '../../mesh/model/bundle.ts';
import type { ClusterName, ServiceAccount } from '../../mesh/model/names.ts';
import type { Credentials, MeshIdentity } from '../../mesh/ports/mesh-identity.ts';
import type { Namespace } from '../../mesh/model/names.ts';
import {
  createFakeMesh,
  MESH,
  type FakeCluster,
  type FakeMesh,
} from '../../sidecar/testing/fake-discovery.ts';
import { SERVICE } from '../names.ts';

export function fixedMesh(): FakeMesh {
  return createFakeMesh([
    { key: SERVICE, ports: [{ name: '', port: 80, targetPort: 80, appProtocol: 'http' }] },
  ]);
}

export function fixedCluster(mesh: FakeMesh, cluster: ClusterName, bundle: TrustBundle): FakeCluster {
  return mesh.addCluster(cluster, { region: cluster, zone: `${cluster}-1`, bundle });
}

/** Puts the one endpoint of the service into a cluster. */
export function addEndpoint({ endpoints, self: { region, zone } }: FakeCluster, port: number): void {
  const endpoint = {
    ...{ id: 'app-1', address: '127.0.0.1', port, region, zone, ready: true },
    serviceAccount: 'app' as ServiceAccount,
  };
  endpoints.set('app-1', { service: SERVICE, endpoint });
}

export interface Holder {
  readonly cluster: ClusterName;
  readonly account: string;
  readonly credentials: Credentials;
  readonly bundle: TrustBundle;
}

/** A certificate that is not renewed: it lives longer than the run. */
export function fixedIdentity({ cluster, account, credentials, bundle }: Holder): MeshIdentity {
  return {
    id: {
      ...{ kind: 'workload', mesh: MESH, cluster },
      ...{ namespace: 'shop' as Namespace, serviceAccount: account as ServiceAccount },
    },
    credentials: () => credentials,
    bundle: () => bundle,
    subscribe: () => () => undefined,
  };
}
