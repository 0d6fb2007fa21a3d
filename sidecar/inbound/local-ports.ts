/** Which port of this workload's service a route id names, and where the application listens for it. */
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import { parseRouteId, trustDomain, type RouteId } from '../../mesh/model/names.ts';
import type { Workload } from '../context.ts';

export interface InboundPort {
  /** Port of the service. */
  readonly port: number;
  /** Port of the application on 127.0.0.1. */
  readonly appPort: number;
}

export interface LocalPorts {
  /** By the server name of a handshake; undefined: not ours. */
  find(serverName: string): InboundPort | undefined;
  update(view: MeshView): void;
}

export function createLocalPorts(workload: Workload, first: MeshView): LocalPorts {
  let byRoute = portsOf(workload, first);
  const suffix = `.${trustDomain(first.self.cluster, first.self.mesh)}`;
  return {
    find(serverName) {
      if (!serverName.endsWith(suffix)) return undefined;
      const id = parseRouteId(serverName.slice(0, -suffix.length));
      return id === undefined ? undefined : byRoute.get(id);
    },
    update: (view) => void (byRoute = portsOf(workload, view)),
  };
}

function portsOf(workload: Workload, view: MeshView): ReadonlyMap<RouteId, InboundPort> {
  const ports = view.services.get(workload.service)?.ports ?? [];
  return new Map(
    ports.map(({ routeId, port, targetPort }) => {
      const appPort = workload.appPorts?.get(port) ?? workload.appPort ?? targetPort;
      return [routeId, { port, appPort }];
    }),
  );
}
