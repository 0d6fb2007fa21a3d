/** Parts of a view on the wire: services and peers, one message each. */
import type * as wire from '../grpc/generated/isthmus/discovery/v1/discovery.ts';
import { ok, type Result } from '../../kit/result.ts';
import type { GatewayAddress, LinkState, PeerLink } from '../../model/catalog.ts';
import type { Fault } from '../../model/fault.ts';
import { parseHostKey } from '../../model/host-key.ts';
import type { LocalPort, PeerView, RemoteOffer, ServiceView } from '../../model/mesh-view.ts';
import { isDnsLabel, parseRouteId, type ClusterName, type ServiceKey } from '../../model/names.ts';
import type { Endpoint } from '../../model/service.ts';
import {
  readAccess,
  readFailover,
  writeAccess,
  writeFailover,
  wrongInAccess,
  wrongInFailover,
} from './policy-wire.ts';
import {
  areAddresses,
  areLabels,
  firstWrong,
  firstWrongOf,
  isAppProtocol,
  isHost,
  isId,
  isPlace,
  isPort,
  isServiceKey,
  isWords,
  violation,
} from './wire-field.ts';

export function writeService(service: ServiceView): wire.Service {
  const { key, exported, plainPods = [], clustersetIps = [] } = service;
  return {
    ...{ key, exported, plainPods: [...plainPods], clustersetIps: [...clustersetIps] },
    remote: service.remote.map(({ plain, sidecar, ...offer }) => ({
      ...offer,
      plain: plain === true,
      sidecar,
    })),
    endpoints: service.local.map((endpoint) => ({
      ...endpoint,
      serviceAccount: endpoint.serviceAccount ?? '',
    })),
    ports: service.ports.map((port) => ({
      ...{ ...port, remoteOnly: port.remoteOnly === true, plainPort: port.plainPort ?? 0 },
    })),
    ...{ failover: writeFailover(service.failover), access: service.access.map(writeAccess) },
  };
}

export function readService(service: wire.Service): Result<ServiceView, Fault> {
  const wrong = wrongInService(service);
  if (wrong !== undefined || service.failover === undefined)
    return violation(service.key, wrong ?? 'failover');
  return ok({
    ...{ key: service.key as ServiceKey, exported: service.exported },
    ports: service.ports.map(({ remoteOnly, plainPort, ...port }) => ({
      ...port,
      ...(remoteOnly && { remoteOnly }),
      ...(plainPort > 0 && { plainPort }),
    })) as LocalPort[],
    local: service.endpoints.map(({ serviceAccount, ...endpoint }) => ({
      ...endpoint,
      ...(serviceAccount !== '' && { serviceAccount }),
    })) as Endpoint[],
    remote: service.remote.map(({ plain, sidecar, ...offer }) => ({
      ...offer,
      ...(plain && { plain }),
      ...(sidecar && { sidecar }),
    })) as RemoteOffer[],
    ...(service.plainPods.length > 0 && { plainPods: service.plainPods }),
    ...{ failover: readFailover(service.failover), access: service.access.map(readAccess) },
    ...(service.clustersetIps.length === 0 ? {} : { clustersetIps: service.clustersetIps }),
  });
}

function wrongInService(service: wire.Service): string | undefined {
  return (
    firstWrong([
      ['key', isServiceKey(service.key) || parseHostKey(service.key) !== undefined],
      ['failover', service.failover !== undefined],
      ['clustersetIps', areAddresses(service.clustersetIps)],
    ]) ??
    firstWrongOf('ports', service.ports, wrongInLocalPort) ??
    firstWrongOf('plainPods', service.plainPods, wrongInSlice) ??
    firstWrongOf('endpoints', service.endpoints, wrongInEndpoint) ??
    firstWrongOf('remote', service.remote, wrongInOffer) ??
    firstWrongOf('failover', service.failover ? [service.failover] : [], wrongInFailover) ??
    firstWrongOf('access', service.access, wrongInAccess)
  );
}

function wrongInLocalPort(port: wire.LocalPort): string | undefined {
  if (port.plainPort !== 0 && !isPort(port.plainPort)) return 'plainPort';
  return port.remoteOnly || isPort(port.targetPort) ? wrongInPort(port) : 'targetPort';
}

function wrongInSlice({ ports, pods }: wire.PodSlice): string | undefined {
  return (
    firstWrongOf('ports', ports, ({ name, port }) =>
      firstWrong([
        ['name', name === '' || isDnsLabel(name)],
        ['port', isPort(port)],
      ]),
    ) ?? firstWrongOf('pods', pods, ({ address }) => firstWrong([['address', isHost(address)]]))
  );
}

function wrongInPort(port: wire.ExportedPort): string | undefined {
  return firstWrong([
    ['name', port.name === '' || isDnsLabel(port.name)],
    ['port', isPort(port.port)],
    ['appProtocol', isAppProtocol(port.appProtocol)],
    ['routeId', parseRouteId(port.routeId) !== undefined],
  ]);
}

function wrongInEndpoint(endpoint: wire.Endpoint): string | undefined {
  return firstWrong([
    ['id', isId(endpoint.id)],
    ['address', isHost(endpoint.address)],
    ['port', isPort(endpoint.port)],
    ['region', isPlace(endpoint.region)],
    ['zone', isPlace(endpoint.zone)],
    ['serviceAccount', endpoint.serviceAccount === '' || isDnsLabel(endpoint.serviceAccount)],
  ]);
}

function wrongInOffer(offer: wire.RemoteOffer): string | undefined {
  return (
    firstWrong([
      ['cluster', isDnsLabel(offer.cluster)],
      [
        'zones',
        offer.zones.every((zone) => isPlace(zone.region) && isPlace(zone.zone) && zone.ready <= zone.total),
      ],
      ['serviceAccounts', areLabels(offer.serviceAccounts)],
      ['sidecar.address', offer.sidecar === undefined || areAddresses([offer.sidecar.address])],
      ['sidecar.port', offer.sidecar === undefined || isPort(offer.sidecar.port)],
    ]) ?? firstWrongOf('ports', offer.ports, wrongInPort)
  );
}

export function writePeer({ info, link }: PeerView): wire.Peer {
  const { state, since, rttMs, note } = link;
  return { ...info, linkState: state, linkSinceMs: since, rttMs, linkNote: note };
}

const LINK_STATES: ReadonlySet<string> = new Set<LinkState>(['connecting', 'up', 'stale', 'left']);

export function readPeer(peer: wire.Peer): Result<PeerView, Fault> {
  const wrong =
    firstWrong([
      ['cluster', isDnsLabel(peer.cluster)],
      ['region', isPlace(peer.region)],
      ['zone', isPlace(peer.zone)],
      ['network', isPlace(peer.network)],
      ['linkState', LINK_STATES.has(peer.linkState)],
      ['linkNote', isWords(peer.linkNote)],
    ]) ?? firstWrongOf('gateways', peer.gateways, wrongInGateway);
  if (wrong !== undefined) return violation(peer.cluster, wrong);
  const { region, zone, network, gateways, version, rttMs, linkNote } = peer;
  const link: PeerLink = {
    ...{ state: peer.linkState as LinkState, since: peer.linkSinceMs },
    ...(rttMs === undefined ? {} : { rttMs }),
    ...(linkNote === undefined ? {} : { note: linkNote }),
  };
  return ok({
    info: { cluster: peer.cluster as ClusterName, region, zone, network, gateways, version },
    link,
  });
}

export function wrongInGateway(gateway: GatewayAddress): string | undefined {
  return firstWrong([
    ['host', isHost(gateway.host)],
    ['port', isPort(gateway.port)],
    ['zone', isPlace(gateway.zone)],
  ]);
}
