/** I3: no route to a service that is not exported to the caller: at gateways, in views, and from end to end. */
import { buildRouteTable } from '../../../gateway/decide/route-table.ts';
import { findTarget } from '../../../gateway/targets.ts';
import type { MeshView } from '../../../mesh/model/mesh-view.ts';
import {
  isSystemNamespace,
  splitServiceKey,
  type ClusterName,
  type ServiceKey,
} from '../../../mesh/model/names.ts';
import { EVIL, MESH, SERVICES, zoneOf } from '../cast.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { hasNamespaceOf } from '../truth.ts';
import type { World } from '../world.ts';
import { changes, type Invariant } from './watcher.ts';

/** From an operator's word to the last proxy that is connected. */
const TOLD_WITHIN_MS = 150;

export const reach: Invariant = (world, report) => {
  const isNew = changes();
  return {
    step() {
      for (const at of world.clusters) {
        const { revision } = world.truth.of(at.name);
        const views = [at.proxies.gateway.view(), at.proxies.sidecar.view()];
        if (!isNew(at.name, ...views, revision, isSettled(world, at))) continue;
        for (const wrong of [...wrongRoutes(world, at), ...wrongImports(world, at)]) report('I3', wrong);
        for (const wrong of wrongWays(world, at)) report('I3', wrong);
      }
    },
  };
};

/** Whether everybody who is connected must know all that was said. */
export function isSettled(world: World, at: SimCluster): boolean {
  const { gateway, sidecar } = at.proxies;
  const since = [gateway.connectedSince(), sidecar.connectedSince(), at.core && at.aliveSince];
  const last = Math.max(world.truth.of(at.name).changedAt, ...since.map((ms) => ms ?? Infinity));
  return world.clock.monotonic() - last > TOLD_WITHIN_MS;
}

/** Whether a proxy must know by now what was said until `sinceMs`. */
export function isTold(
  world: World,
  at: SimCluster,
  sinceMs: number | undefined,
  proxy: 'gateway' | 'sidecar',
): boolean {
  const connected = at.proxies[proxy].connectedSince();
  if (at.core === undefined || connected === undefined || sinceMs === undefined) return false;
  return world.clock.monotonic() - Math.max(sinceMs, connected, at.aliveSince) > TOLD_WITHIN_MS;
}

const tables = new WeakMap<MeshView, readonly ServiceKey[]>();

/** What the gateway of a cluster serves under a view. */
export function servedUnder(view: MeshView): readonly ServiceKey[] {
  const table = tables.get(view) ?? [
    ...new Set([...buildRouteTable(view, view.self.zone).values()].map(({ service }) => service)),
  ];
  tables.set(view, table);
  return table;
}

function* wrongRoutes(world: World, at: SimCluster): Iterable<string> {
  const view = at.proxies.gateway.view();
  if (view === undefined) return;
  const truth = world.truth.of(at.name);
  for (const service of servedUnder(view)) {
    if (!truth.everOffered.has(service)) yield `the gateway of ${at.name} serves ${service}, never exported`;
    else if (isTold(world, at, truth.offeredUntil.get(service), 'gateway'))
      yield `the gateway of ${at.name} serves ${service}, no longer exported`;
  }
}

function* wrongImports(world: World, at: SimCluster): Iterable<string> {
  const truth = world.truth.of(at.name);
  for (const { key, remote } of at.proxies.sidecar.view()?.services.values() ?? []) {
    if (remote.length === 0) continue;
    const isPresent = hasNamespaceOf(truth, key) || !isTold(world, at, truth.optionalUntil, 'sidecar');
    if (!isPresent || isSystemNamespace(splitServiceKey(key).namespace))
      yield `${at.name} imports ${key} into a namespace that it does not have`;
    for (const { cluster } of remote)
      if (cluster !== EVIL && !world.truth.of(cluster).everOffered.has(key))
        yield `${at.name} imports ${key} of ${cluster}, which never offered it`;
  }
}

/** Each way of the sidecar leads to the service that it is for, or nowhere. */
function* wrongWays(world: World, at: SimCluster): Iterable<string> {
  for (const service of SERVICES) {
    for (const { cluster, serverName } of at.sidecar.remoteLanes(service)) {
      const found = world.clusters.some(({ name }) => name === cluster)
        ? servedAt(world, cluster, serverName)
        : undefined;
      if (found !== undefined && found !== service)
        yield `a request of ${at.name} for ${service} gets to ${found} in ${cluster}`;
    }
  }
}

function servedAt(world: World, cluster: ClusterName, serverName: string): ServiceKey | undefined {
  const view = world.cluster(cluster).proxies.gateway.view();
  if (view === undefined) return undefined;
  const target = findTarget(serverName, {
    ...{ self: { cluster, mesh: MESH }, table: () => buildRouteTable(view, zoneOf(cluster)) },
    controllerTargets: () => undefined,
  });
  return target.ok ? (`${target.value.namespace}/${target.value.service}` as ServiceKey) : undefined;
}
