/** From a server name to what may be dialled for it: an exported service's endpoints, or the cluster's controller. */
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import { splitServiceOf } from '../mesh/model/host-key.ts';
import type { ClusterName, MeshName } from '../mesh/model/names.ts';
import type { ListenAddress } from '../mesh/model/cluster-config.ts';
import type { Pools } from './decide/pick-endpoint.ts';
import type { RouteTable } from './decide/route-table.ts';
import { parseDestination } from './decide/server-name.ts';

/** Where the controller of this cluster takes what peers send it. */
export interface ControllerTargets {
  readonly federation: ListenAddress;
  readonly join: ListenAddress;
}

export interface Target {
  /** For metrics and logs: names from the catalog, or of the controller's own services. */
  readonly namespace: string;
  readonly service: string;
  readonly pools: Pools;
  /** A stream between controllers, which is made anew by itself and carries no requests. */
  readonly isControl: boolean;
}

export interface TargetSource {
  readonly self: { readonly cluster: ClusterName; readonly mesh: MeshName };
  table(): RouteTable;
  controllerTargets(): ControllerTargets | undefined;
}

/** `serverName` is in normal form. Default deny: no name but those of the table and the two of the controller. */
export function findTarget(serverName: string, source: TargetSource): Result<Target, Fault> {
  const destination = parseDestination(serverName, source.self);
  if (!destination.ok) return destination;
  if (destination.value.kind === 'program') return controllerTarget(destination.value.program, source);
  const route = source.table().get(destination.value.routeId);
  if (!route) return err(fault('route_unknown', serverName, 'no exported service has this route id'));
  const { namespace, name } = splitServiceOf(route.service);
  if (route.near.length + route.far.length > 0)
    return ok({ namespace, service: name, pools: route, isControl: false });
  return err(fault('no_endpoint', route.service, 'none of its endpoints in this cluster is ready'));
}

function controllerTarget(program: 'federation' | 'join', source: TargetSource): Result<Target, Fault> {
  const address = source.controllerTargets()?.[program];
  if (!address) return err(fault('unavailable', program, 'the controller of this cluster is not known yet'));
  const near = [{ address: address.host, port: address.port }];
  return ok({ namespace: 'isthmus-system', service: program, pools: { near, far: [] }, isControl: true });
}
