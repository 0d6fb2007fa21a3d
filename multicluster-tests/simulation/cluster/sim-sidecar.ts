/** What a sidecar decides from its view: whom it lets in, and where it would send. The classes are the sidecar's own. */
import { createAccessGate, type AccessGate, type Admission } from '../../../sidecar/inbound/access-gate.ts';
import type { InboundPorts } from '../../../sidecar/inbound/inbound-ports.ts';
import { createLocalPorts } from '../../../sidecar/inbound/local-ports.ts';
import type { SidecarContext } from '../../../sidecar/context.ts';
import type { LaneDialer } from '../../../sidecar/outbound/dial-lane.ts';
import { laneSpecs, type LaneSpec } from '../../../sidecar/outbound/lane.ts';
import { PortRoute } from '../../../sidecar/outbound/port-route.ts';
import { DEFAULT_SETTINGS } from '../../../sidecar/settings.ts';
import type { MeshView } from '../../../mesh/model/mesh-view.ts';
import type { ClusterName, ServiceKey } from '../../../mesh/model/names.ts';
import type { Shares } from '../../../mesh/model/shares.ts';
import type { Clock } from '../../../mesh/ports/clock.ts';
import type { Random } from '../../../mesh/ports/random.ts';
import { CLUSTERS, PORTS, SERVICES, WORKLOAD, workloadOf } from '../cast.ts';

export interface SimSidecar {
  update(view: MeshView): void;
  /** What a new connection of the workloads of a cluster meets; `standing`: one that is open since the start. */
  admits(service: ServiceKey, source: ClusterName): { readonly fresh: boolean; readonly standing: boolean };
  /** Shares of the routed service, and the number of the route: a new one begins anew. */
  shares(): { readonly route: number; readonly groups: Shares['groups'] } | undefined;
  /** Ways to the gateways of other clusters. */
  remoteLanes(service: ServiceKey): readonly LaneSpec[];
  /** The ways to a gateway have opened or closed. */
  reachChanged(): void;
}

export interface SimSidecarOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly clusters: number;
  readonly isReachable: (address: string) => boolean;
}

interface Door {
  readonly gate: AccessGate;
  readonly ports: InboundPorts;
  readonly standing: ReadonlyMap<ClusterName, Admission>;
}

export function createSimSidecar(options: SimSidecarOptions): SimSidecar {
  const sources = CLUSTERS.slice(0, options.clusters);
  const doors = new Map<ServiceKey, Door>();
  let view: MeshView | undefined;
  let route: PortRoute | undefined;
  let routes = 0;
  return {
    update(next) {
      view = next;
      for (const service of SERVICES) {
        const door = doors.get(service);
        door?.ports.update(next);
        door?.gate.update(next);
        if (door === undefined && next.services.has(service))
          doors.set(service, openDoor(service, next, sources));
      }
      const before = route;
      route = followRoute(route, next, options);
      if (route !== before) routes++;
    },
    admits(service, source) {
      const door = doors.get(service);
      if (door === undefined) return { fresh: false, standing: false };
      const admission = door.gate.enter(workloadOf(source), () => undefined);
      door.gate.leave(admission);
      const routeId = view?.services.get(service)?.ports[0]?.routeId;
      const isServed = routeId !== undefined && isFound(door.ports, routeId, view);
      const standing = door.standing.get(source)?.verdict.allow === true;
      return { fresh: isServed && admission.verdict.allow, standing };
    },
    shares: () => (route === undefined ? undefined : { route: routes, groups: route.shares().groups }),
    remoteLanes(service) {
      const seen = view?.services.get(service);
      if (view === undefined || seen === undefined) return [];
      return laneSpecs(view, seen, PORTS[0].port).filter(({ kind }) => kind === 'gateway');
    },
    reachChanged: () => route?.invalidate(),
  };
}

function isFound(ports: InboundPorts, routeId: string, view: MeshView | undefined): boolean {
  return view !== undefined && ports.find(`${routeId}.${view.self.cluster}.${view.self.mesh}`) !== undefined;
}

/** Connections that were let in or refused at the first view stay open: they are judged anew with each view. */
function openDoor(service: ServiceKey, view: MeshView, sources: readonly ClusterName[]): Door {
  const gate = createAccessGate(service, view);
  const workload = { service, serviceAccount: workloadOf(view.self.cluster).serviceAccount };
  const standing = new Map(
    sources.map((source) => [source, gate.enter(workloadOf(source), () => undefined)] as const),
  );
  return {
    gate,
    ports: createLocalPorts({ workload, proxy: `cart-of-${view.self.cluster}` }, view),
    standing,
  };
}

function followRoute(
  route: PortRoute | undefined,
  view: MeshView,
  { clock, random, isReachable }: SimSidecarOptions,
): PortRoute | undefined {
  const service = view.services.get(WORKLOAD);
  if (service === undefined) {
    route?.retire();
    return undefined;
  }
  if (route !== undefined) {
    route.update(view, service);
    return route;
  }
  // No request is sent, so nothing else of the context is asked for.
  const context = { clock, random, settings: DEFAULT_SETTINGS } as SidecarContext;
  const dialer = { reach: { isReachable } } as LaneDialer;
  const parts = { context, dialer, laneChanged: () => undefined };
  return new PortRoute(parts, { view, service, port: PORTS[0].port });
}
