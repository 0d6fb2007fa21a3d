/** Where a cluster is, listens and keeps its objects: the options that `init` and `join` share. */
import path from 'node:path';
import type { Command } from 'commander';
import type { ClusterConfig, ListenAddress } from '../mesh/model/cluster-config.ts';
import { parseLabel, type ClusterName, type MeshName } from '../mesh/model/names.ts';
import { hostPort, orUsage } from './options.ts';

export interface PlaceOptions {
  readonly region: string;
  readonly zone: string;
  readonly network?: string;
  readonly gateway: ListenAddress;
  readonly advertise?: ListenAddress;
  readonly allowLoopback?: true;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
}

export function withPlaceOptions(command: Command): Command {
  return command
    .requiredOption('--region <name>', 'region of the cluster')
    .requiredOption('--zone <name>', 'zone of the cluster')
    .option(
      '--network <name>',
      'clusters of one network reach each other directly; default: a network of its own',
    )
    .requiredOption('--gateway <host:port>', 'where its gateway listens', hostPort)
    .option(
      '--advertise <host:port>',
      'how other clusters reach the gateway, if not where it listens',
      hostPort,
    )
    .option('--kubeconfig <file>', 'keep its objects in this Kubernetes cluster, not in its folder')
    .option('--kube-context <name>', 'context of the kubeconfig, if not the current one')
    .option('--allow-loopback', 'accept peers on loopback addresses: for meshes on one machine');
}

/** The controller's own listeners take any free port of this machine: proxies find them in the cluster's folder. */
export function clusterConfig(
  { mesh, cluster }: { mesh: MeshName; cluster: ClusterName },
  place: PlaceOptions,
): ClusterConfig {
  const label = (text: string, what: string): string => orUsage(parseLabel(text, what));
  return {
    ...{ mesh, cluster },
    ...{ region: label(place.region, 'region'), zone: label(place.zone, 'zone') },
    ...{ network: label(place.network ?? cluster, 'network'), gateway: place.gateway },
    ...(place.advertise === undefined ? {} : { advertise: place.advertise }),
    controller: {
      ...{
        host: '127.0.0.1',
        federationPort: 0,
        joinPort: 0,
        discoveryPort: 0,
        enrolmentPort: 0,
        adminPort: 0,
      },
    },
    ...(place.kubeconfig === undefined ? {} : { kubernetes: kubernetesOf(place.kubeconfig, place) }),
    allowLoopbackPeers: place.allowLoopback === true,
  };
}

function kubernetesOf(
  kubeconfig: string,
  { kubeContext }: PlaceOptions,
): NonNullable<ClusterConfig['kubernetes']> {
  return {
    kubeconfig: path.resolve(kubeconfig),
    ...(kubeContext === undefined ? {} : { context: kubeContext }),
  };
}
