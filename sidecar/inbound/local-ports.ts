/**
 * The ports of a workload's own service, and of the host that it is of that service where it is headless: the application
 * listens for them on 127.0.0.1.
 */
import { parseHostKey } from '../../mesh/model/host-key.ts';
import type { MeshView, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { RouteId } from '../../mesh/model/names.ts';
import type { Workload } from '../context.ts';
import { createAccessGate, type AccessGate } from './access-gate.ts';
import type { InboundPort, InboundPorts } from './inbound-ports.ts';
import { routeIdIn } from './server-name.ts';

const APP_HOST = '127.0.0.1';

export interface Own {
  readonly workload: Workload;
  /** The id of this endpoint. */
  readonly proxy: string;
}

export function createLocalPorts(own: Own, first: MeshView): InboundPorts {
  // Policies are for the service: they hold for its hosts as well.
  const gate = createAccessGate(own.workload.service, first);
  const read = (view: MeshView): ReadonlyMap<RouteId, InboundPort> =>
    new Map([...portsOfService(own, gate, view), ...portsOfHosts(own, gate, view)]);
  let byRoute = read(first);
  return {
    find(serverName) {
      const id = routeIdIn(serverName, first.self);
      return id === undefined ? undefined : byRoute.get(id);
    },
    update(view) {
      byRoute = read(view);
      gate.update(view);
    },
  };
}

type Entry = readonly [RouteId, InboundPort];

function portsOfService({ workload }: Own, gate: AccessGate, view: MeshView): readonly Entry[] {
  const { service, appPorts, appPort } = workload;
  const ports = view.services.get(service)?.ports ?? [];
  return ports.map(({ routeId, port, targetPort }) => {
    const place = { host: APP_HOST, port: appPorts?.get(port) ?? appPort ?? targetPort };
    return [routeId, { service, port, gate, application: () => place }];
  });
}

/** Who asks for a host asks at the port where its application listens. */
function portsOfHosts(own: Own, gate: AccessGate, view: MeshView): readonly Entry[] {
  const hosts = [...view.services.values()].filter((service) => isOwnHost(service, own));
  return hosts.flatMap(({ key, ports }) =>
    ports.map(({ routeId, port, targetPort }): Entry => {
      const place = { host: APP_HOST, port: targetPort };
      return [routeId, { service: key, port, gate, application: () => place }];
    }),
  );
}

function isOwnHost({ key, local }: ServiceView, { workload, proxy }: Own): boolean {
  return parseHostKey(key)?.service === workload.service && local.some(({ id }) => id === proxy);
}
