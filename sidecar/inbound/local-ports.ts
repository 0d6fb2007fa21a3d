/** The ports of a workload's own service: the application listens for them on 127.0.0.1. */
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { RouteId } from '../../mesh/model/names.ts';
import type { Workload } from '../context.ts';
import { createAccessGate, type AccessGate } from './access-gate.ts';
import type { InboundPort, InboundPorts } from './inbound-ports.ts';
import { routeIdIn } from './server-name.ts';

const APP_HOST = '127.0.0.1';

export function createLocalPorts(workload: Workload, first: MeshView): InboundPorts {
  const gate = createAccessGate(workload.service, first);
  let byRoute = portsOf(workload, gate, first);
  return {
    find(serverName) {
      const id = routeIdIn(serverName, first.self);
      return id === undefined ? undefined : byRoute.get(id);
    },
    update(view) {
      byRoute = portsOf(workload, gate, view);
      gate.update(view);
    },
  };
}

function portsOf(workload: Workload, gate: AccessGate, view: MeshView): ReadonlyMap<RouteId, InboundPort> {
  const { service, appPorts, appPort } = workload;
  const ports = view.services.get(service)?.ports ?? [];
  return new Map(
    ports.map(({ routeId, port, targetPort }) => {
      const place = { host: APP_HOST, port: appPorts?.get(port) ?? appPort ?? targetPort };
      return [routeId, { service, port, gate, application: () => place }];
    }),
  );
}
