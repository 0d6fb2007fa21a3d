/**
 * A lane: one way to a service port. An endpoint of this cluster directly, or another cluster through one gateway; a pod
 * of a headless service in the same network is an endpoint whatever its cluster is.
 */
import type { PeerExpectation } from '../../mesh/model/identity.ts';
import type { MeshView, ServiceView } from '../../mesh/model/mesh-view.ts';
import {
  splitServiceKey,
  trustDomain,
  type ClusterName,
  type RouteId,
  type ServiceAccount,
} from '../../mesh/model/names.ts';
import { zoneKey } from '../decide/endpoint-groups.ts';
import { gatewayAddress } from './gateways.ts';

export interface LaneSpec {
  /** Equal keys mean: the same target under the same terms, so connections and health carry over. */
  readonly key: string;
  readonly kind: 'endpoint' | 'gateway';
  readonly cluster: ClusterName;
  /** Of an endpoint of this cluster: the zone group it belongs to. */
  readonly zone: string;
  /** Of an endpoint of this cluster. */
  readonly endpointId: string;
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly serverName: string;
  /** Who must answer, whatever certificate it has. */
  readonly expect: PeerExpectation;
  /** How many it leads to, 0 where that is unknown: a gateway picks one of them for each connection. */
  readonly endpoints: number;
  /** False: its owner says that it takes no new requests; used in panic only. */
  readonly ready: boolean;
}

/** Every lane to `port` of the service that the view offers. */
export function laneSpecs(view: MeshView, service: ServiceView, port: number): LaneSpec[] {
  return [...endpointLanes(view, service, port), ...remoteLanes(view, service, port)];
}

function endpointLanes({ self }: MeshView, service: ServiceView, port: number): LaneSpec[] {
  const local = service.ports.find((candidate) => candidate.port === port && candidate.remoteOnly !== true);
  if (local === undefined) return [];
  const { routeId } = local;
  const { namespace } = splitServiceKey(service.key);
  const serverName = serverNameOf(routeId, trustDomain(self.cluster, self.mesh));
  return service.local.map((endpoint) => {
    const address = gatewayAddress(endpoint.address, endpoint.port);
    const { serviceAccount } = endpoint;
    const serviceAccounts = serviceAccount === undefined ? [] : [serviceAccount];
    const orGateway = serviceAccount === undefined;
    return {
      ...{
        kind: 'endpoint',
        cluster: self.cluster,
        zone: zoneKey(endpoint.region, endpoint.zone),
        serverName,
      },
      ...{
        host: endpoint.address,
        port: endpoint.port,
        address,
        ready: endpoint.ready,
        endpointId: endpoint.id,
        endpoints: 1,
      },
      key: `${endpoint.id}@${address}/${serverName}/${termsText(serviceAccounts, orGateway)}`,
      expect: expectation({ cluster: self.cluster, namespace, serviceAccounts }, orGateway),
    };
  });
}

function remoteLanes({ self, peers }: MeshView, service: ServiceView, port: number): LaneSpec[] {
  const { namespace } = splitServiceKey(service.key);
  return service.remote.flatMap((offer): LaneSpec[] => {
    const routeId = offer.ports.find((candidate) => candidate.port === port)?.routeId;
    const peer = peers.get(offer.cluster);
    if (routeId === undefined || peer === undefined || peer.link.state === 'left') return [];
    const { cluster, serviceAccounts, plain: orGateway = false } = offer;
    const behindGateways = offer.zones.reduce((sum, { ready }) => sum + ready, 0);
    const serverName = serverNameOf(routeId, trustDomain(cluster, self.mesh));
    const expect = expectation({ cluster, namespace, serviceAccounts }, orGateway);
    const lane = (kind: LaneSpec['kind'], host: string, at: number): LaneSpec => {
      const address = gatewayAddress(host, at);
      return {
        ...{ kind, cluster, zone: '', endpointId: '', serverName, expect, address, ready: true },
        ...{ host, port: at, endpoints: kind === 'gateway' ? behindGateways : 1 },
        key: `${cluster}@${address}/${serverName}/${termsText(serviceAccounts, orGateway)}`,
      };
    };
    const { sidecar } = offer;
    if (sidecar !== undefined) return [lane('endpoint', sidecar.address, sidecar.port)];
    return peer.info.gateways.map((gateway) => lane('gateway', gateway.host, gateway.port));
  });
}

type ExpectedWorkload = Extract<PeerExpectation, { kind: 'workload' }>;

function expectation(workload: Omit<ExpectedWorkload, 'kind'>, orGateway: boolean): PeerExpectation {
  return { kind: 'workload', ...workload, ...(orGateway ? { orGateway } : {}) };
}

function termsText(serviceAccounts: readonly ServiceAccount[], orGateway: boolean): string {
  return [...[...serviceAccounts].sort(), ...(orGateway ? ['/gateway'] : [])].join();
}

function serverNameOf(routeId: RouteId, domain: string): string {
  return `${routeId}.${domain}`;
}
