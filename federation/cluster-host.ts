/** Where the objects of a cluster are kept: in a folder of manifests, or in the API server of a Kubernetes cluster. */
import type { ControllerOptions } from './controller-options.ts';
import { createApiClient } from '../mesh/adapters/kubernetes/api-client.ts';
import type { ApiAccess } from '../mesh/adapters/kubernetes/api-access.ts';
import { kubeconfigAccess } from '../mesh/adapters/kubernetes/api-access-by-kubeconfig.ts';
import { inClusterAccess } from '../mesh/adapters/kubernetes/api-access-in-cluster.ts';
import { openKubernetesStore } from '../mesh/adapters/kubernetes/kubernetes-store.ts';
import { startLeaderElection } from '../mesh/adapters/kubernetes/leader-election.ts';
import { startMulticlusterWriter } from '../mesh/adapters/kubernetes/multicluster-writer.ts';
import { openFolderStore } from '../mesh/adapters/standalone/folder-store.ts';
import { toHex } from '../mesh/kit/hex.ts';
import { ok, type Result } from '../mesh/kit/result.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import type { Fault } from '../mesh/model/fault.ts';
import type { MulticlusterApi } from '../mesh/ports/multicluster-api.ts';
import type { ResourceStore } from '../mesh/ports/resource-store.ts';

export interface ClusterHost {
  readonly store: ResourceStore;
  readonly multicluster?: MulticlusterApi;
  stop(): Promise<void>;
}

type HostOptions = Pick<ControllerOptions, 'dir' | 'config' | 'clock' | 'random' | 'log'>;

/** Of the Lease by which the controllers of one cluster tell who of them writes. */
const LEASE = { namespace: 'isthmus-system', name: 'isthmus-controller' };

export async function openHost(options: HostOptions): Promise<Result<ClusterHost, Fault>> {
  const { dir, config, clock } = options;
  const place = { region: config.region, zone: config.zone };
  if (config.kubernetes === undefined) {
    const store = openFolderStore({ dir, place, clock });
    return ok({ store, stop: () => store.stop() });
  }
  const access = await accessOf(config.kubernetes);
  return access.ok ? ok(openKubernetes(access.value, options)) : access;
}

function accessOf(kubernetes: NonNullable<ClusterConfig['kubernetes']>): Promise<Result<ApiAccess, Fault>> {
  const { kubeconfig: file, context } = kubernetes;
  if (file === undefined) return Promise.resolve(inClusterAccess(process.env));
  return kubeconfigAccess({ file, ...(context === undefined ? {} : { context }) });
}

function openKubernetes(access: ApiAccess, { config, clock, random, log }: HostOptions): ClusterHost {
  const api = createApiClient(access);
  const tools = { api, clock, random, log };
  const { region, zone, cluster } = config;
  const store = openKubernetesStore({ ...tools, place: { region, zone } });
  const self = `${cluster}-${toHex(random.bytes(4))}`;
  const multicluster = startMulticlusterWriter({ ...tools, mayWrite: () => election.epoch() !== undefined });
  const election = startLeaderElection({ ...tools, ...LEASE, self, onLeading: multicluster.review });
  return {
    ...{ store, multicluster },
    async stop() {
      await multicluster.stop();
      await election.stop();
      await store.stop();
      api.stop();
    },
  };
}
