/**
 * All objects of an installation but its kinds and the Secret of the admin token, from one list: `isthmus init` applies
 * them stage by stage, `npm run chart` writes them as a Helm chart.
 */
import {
  configObject,
  controllerService,
  gatewayService,
  namespaceObject,
  secretObjects,
  type GatewayServiceSettings,
} from './objects.ts';
import { roleObjects } from './roles.ts';
import { webhookConfiguration, webhookService } from './webhook-objects.ts';
import { controllerWorkload, gatewayWorkload, type WorkloadSettings } from './workloads.ts';
import { PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';

export interface InstallationSettings {
  readonly gatewayService: GatewayServiceSettings;
  /** The text of `cluster.yaml`. */
  readonly config: string;
  readonly workload: WorkloadSettings;
}

export function installationObjects({
  config,
  workload,
  gatewayService: service,
}: InstallationSettings): readonly object[] {
  return [
    ...[...baseObjects(), gatewayService(service), configObject(config)],
    ...[...controllerWorkload(workload), ...gatewayWorkload(workload)],
  ];
}

/** What does not depend on anything that was chosen. */
export function baseObjects(): readonly object[] {
  const services = [controllerService(), webhookService(), webhookConfiguration()];
  return [namespaceObject(), ...secretObjects(), ...roleObjects(), ...services];
}

type Place = Required<Pick<ClusterConfig, 'mesh' | 'cluster' | 'region' | 'zone' | 'network' | 'advertise'>>;

/** The configuration of a cluster whose programs run in pods. */
export function podClusterConfig(place: Place): ClusterConfig {
  return {
    ...{ ...place, kubernetes: true, allowLoopbackPeers: false },
    gateway: { host: '0.0.0.0', port: PORTS.gateway },
    controller: {
      ...{ host: '0.0.0.0', federationPort: PORTS.federation, joinPort: PORTS.join },
      ...{ discoveryPort: PORTS.discovery, enrolmentPort: PORTS.enrolment, adminPort: PORTS.admin },
    },
  };
}
