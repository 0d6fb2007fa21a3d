/** Server names of inbound handshakes: `<route-id>.<cluster>.<mesh>`. */
import type { Self } from '../../mesh/model/mesh-view.ts';
import { parseRouteId, trustDomain, type RouteId } from '../../mesh/model/names.ts';

/** The route id in it; undefined: it names no route of this cluster. */
export function routeIdIn(serverName: string, { cluster, mesh }: Self): RouteId | undefined {
  const suffix = `.${trustDomain(cluster, mesh)}`;
  return serverName.endsWith(suffix) ? parseRouteId(serverName.slice(0, -suffix.length)) : undefined;
}
