/** The one mesh of a run: every program knows these names without being told. */
import { routeId } from '../mesh/decide/route-id.ts';
import type { ClusterName, ServiceKey } from '../mesh/model/names.ts';
import { MESH } from '../sidecar/testing/fake-discovery.ts';

export const CLIENT_CLUSTER = 'east' as ClusterName;
export const SERVER_CLUSTER = 'west' as ClusterName;
export const SERVICE = 'shop/app' as ServiceKey;

/** As the fake discovery of the sidecar's tests makes it. */
export const ROUTE_ID = routeId(Buffer.from(SERVER_CLUSTER.padEnd(32, '.')), SERVICE, 80);
export const SERVER_NAME = `${ROUTE_ID}.${SERVER_CLUSTER}.${MESH}`;
