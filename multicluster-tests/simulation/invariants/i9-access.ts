/**
 * I9: a deny never becomes an allow by loss, reorder or skew: once a sidecar has refused a caller it refuses it for as
 * long as operators do, and it begins to refuse within moments where its controller is there.
 */
import type { ClusterName, ServiceKey } from '../../../mesh/model/names.ts';
import { SERVICES } from '../cast.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { mayBeClosedToo } from '../truth.ts';
import type { World } from '../world.ts';
import { isSettled, isTold } from './i3-reach.ts';
import { changes, pairOf, type Invariant } from './watcher.ts';

interface Door {
  readonly at: SimCluster;
  readonly service: ServiceKey;
  readonly source: ClusterName;
}

function* doorsOf(world: World, at: SimCluster): Iterable<Door> {
  for (const service of SERVICES)
    for (const { name: source } of world.clusters) yield { at, service, source };
}

export const access: Invariant = (world, report) => {
  const refusedAt = new Map<string, number>();
  const isNew = changes();
  const look = ({ at, service, source }: Door): void => {
    const door = `${at.name} ${service} ${source}`;
    const { fresh, standing } = at.sidecar.admits(service, source);
    const since = world.truth.of(at.name).deniedSince.get(pairOf(service, source));
    if (!fresh && !standing) return void refusedAt.set(door, world.clock.monotonic());
    if (since === undefined) return;
    if ((refusedAt.get(door) ?? -1) >= since)
      report('I9', `${at.name} lets ${source} call ${service}, refused before and denied all the time`);
    if (isSeen(at, service) && isTold(world, at, since, 'sidecar'))
      report('I9', `${at.name} lets ${source} call ${service}, though it is denied`);
  };
  return {
    step() {
      for (const at of world.clusters) {
        const { policies, revision } = world.truth.of(at.name);
        if (policies.size === 0) continue;
        if (!isNew(at.name, at.proxies.sidecar.view(), revision, isSettled(world, at))) continue;
        for (const door of doorsOf(world, at)) look(door);
      }
    },
  };
};

/** A policy reaches a sidecar with its service; while that is gone nobody gets in anew, and what is open goes on. */
function isSeen(at: SimCluster, service: ServiceKey): boolean {
  return at.proxies.sidecar.view()?.services.has(service) === true;
}

/** In peace: who may call is let in, so that nothing above holds because everything is closed. */
export function wronglyRefused(world: World): string | undefined {
  for (const at of world.membersNow()) {
    for (const { service, source } of doorsOf(world, at)) {
      const isOpen = isSeen(at, service) && !mayBeClosedToo(world.truth.of(at.name), service);
      if (
        isOpen &&
        world.truth.mayCall(at.name, service, source) &&
        !at.sidecar.admits(service, source).fresh
      )
        return `${at.name} refuses ${source} at ${service}, though nothing denies it`;
    }
  }
  return undefined;
}
