/** What this gateway serves: the ports of exported services, by route id. What is not in the table does not exist. */
import { createKeyedMemo, type KeyedMemo } from '../../mesh/kit/keyed-memo.ts';
import type { MeshView, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { RouteId, ServiceKey } from '../../mesh/model/names.ts';
import type { Pools } from './pick-endpoint.ts';

interface Route extends Pools {
  readonly service: ServiceKey;
  /** The port of the service, not that of an endpoint. */
  readonly port: number;
}

export type RouteTable = ReadonlyMap<RouteId, Route>;

/** The routes of each service in the last table. */
export type RouteMemory = KeyedMemo<ServiceKey, Routed, readonly (readonly [RouteId, Route])[]>;
export const routeMemory = (): RouteMemory => createKeyedMemo();

interface Routed {
  readonly service: ServiceView;
  readonly zone: string;
}

/** `zone` is the gateway's own. A route id that two ports claim is served by neither. `memory` only saves work. */
export function buildRouteTable(
  view: MeshView,
  zone: string,
  memory: RouteMemory = routeMemory(),
): RouteTable {
  const table = new Map<RouteId, Route>();
  const claimed = new Set<RouteId>();
  const recall = memory.round();
  for (const service of view.services.values()) {
    if (!service.exported) continue;
    for (const [routeId, route] of recall(service.key, { service, zone }, routesOf)) {
      if (claimed.has(routeId)) table.delete(routeId);
      else table.set(routeId, route);
      claimed.add(routeId);
    }
  }
  return table;
}

function routesOf({ service, zone }: Routed): [RouteId, Route][] {
  const ready = service.local.filter((endpoint) => endpoint.ready);
  const near = ready.filter((endpoint) => endpoint.zone === zone);
  const far = ready.filter((endpoint) => endpoint.zone !== zone);
  return service.ports.map((port) => [port.routeId, { service: service.key, port: port.port, near, far }]);
}
