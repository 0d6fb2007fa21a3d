/** Where a cluster is, listens and keeps its objects: the options that `init` and `join` share. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { ClusterConfig, ListenAddress } from '../mesh/model/cluster-config.ts';
import { parseLabel, type ClusterName, type MeshName } from '../mesh/model/names.ts';
import { VERSION } from '../mesh/adapters/version.ts';
import { GATEWAY_SERVICE_TYPES, type GatewayServiceType } from './kubernetes/gateway-service-types.ts';
import { hostPort, orUsage } from './options.ts';

export interface PlaceOptions {
  readonly region?: string;
  readonly zone?: string;
  readonly network?: string;
  readonly gateway?: ListenAddress;
  readonly advertise?: ListenAddress;
  readonly allowLoopback?: true;
  readonly image: string;
  readonly replicas: number;
  readonly gatewayService: GatewayServiceType;
  readonly dns?: true;
}

const IN_KUBERNETES = 'With --context or --kubeconfig, in a Kubernetes cluster:';
const STANDALONE = 'Without, in the folder of a standalone cluster:';

export function withPlaceOptions(command: Command): Command {
  return command
    .option('--region <name>', 'region of the cluster; in Kubernetes the default is that of its nodes')
    .option('--zone <name>', 'zone of the cluster; in Kubernetes the default is that of its nodes')
    .option(
      '--network <name>',
      'clusters of one network reach each other directly; default: a network of its own',
    )
    .option(
      '--advertise <host:port>',
      'how other clusters reach the gateway, if not as it is found',
      hostPort,
    )
    .optionsGroup(IN_KUBERNETES)
    .option('--image <image>', 'of all programs', `isthmus:${VERSION}`)
    .option('--replicas <count>', 'controllers, and gateways', replicas, 2)
    .addOption(
      new Option('--gateway-service <type>', 'how the gateway is reached from outside')
        .choices(GATEWAY_SERVICE_TYPES)
        .default('LoadBalancer'),
    )
    .option('--dns', 'a server for clusterset.local, where CoreDNS has no multicluster plugin')
    .optionsGroup(STANDALONE)
    .option('--gateway <host:port>', 'where its gateway listens', hostPort)
    .option('--allow-loopback', 'accept peers on loopback addresses: for meshes on one machine');
}

/** The controller's own listeners take any free port of this machine: proxies find them in the cluster's folder. */
export function clusterConfig(
  { mesh, cluster }: { mesh: MeshName; cluster: ClusterName },
  place: PlaceOptions,
): ClusterConfig {
  const label = (text: string | undefined, what: string): string =>
    orUsage(parseLabel(text ?? missing(`--${what} <name>`), what));
  return {
    ...{ mesh, cluster },
    ...{ region: label(place.region, 'region'), zone: label(place.zone, 'zone') },
    network: label(place.network ?? cluster, 'network'),
    gateway: place.gateway ?? missing('--gateway <host:port>'),
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
    allowLoopbackPeers: place.allowLoopback === true,
  };
}

function missing(option: string): never {
  throw new InvalidArgumentError(
    `required option '${option}' not specified: a standalone cluster needs it; for a Kubernetes cluster say --context`,
  );
}

function replicas(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 10) return count;
  throw new InvalidArgumentError('is not a number from 1 to 10');
}
