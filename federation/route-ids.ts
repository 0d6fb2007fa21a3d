/** Route ids of a cluster, each computed once: a pass asks for all of them. */
import { routeId } from '../mesh/decide/route-id.ts';
import type { RouteId, ServiceKey } from '../mesh/model/names.ts';

const MAX_KEPT = 100_000;

export function createRouteIds(key: Uint8Array): (service: ServiceKey, port: number) => RouteId {
  const kept = new Map<string, RouteId>();
  return (service, port) => {
    const name = `${service}:${port}`;
    const known = kept.get(name);
    if (known !== undefined) return known;
    if (kept.size >= MAX_KEPT) kept.clear();
    const id = routeId(key, service, port);
    kept.set(name, id);
    return id;
  };
}
