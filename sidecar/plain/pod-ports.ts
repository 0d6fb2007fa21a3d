/** The ports of services whose pods have no sidecar: a plain proxy ends the mesh's mTLS for them and goes on to a pod. */
import type { MeshView, LocalPort, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { RouteId, ServiceKey } from '../../mesh/model/names.ts';
import type { PodSlice } from '../../mesh/model/service.ts';
import type { HostPort } from '../addresses.ts';
import { createAccessGate, type AccessGate } from '../inbound/access-gate.ts';
import type { InboundPort, InboundPorts } from '../inbound/inbound-ports.ts';
import { routeIdIn } from '../inbound/server-name.ts';

export function createPodPorts(first: MeshView): InboundPorts {
  /** Those of services that have gone stay: who was refused stays refused. */
  const gates = new Map<ServiceKey, AccessGate>();
  let byRoute = new Map<RouteId, ServedPort>();
  const update = (view: MeshView): void => {
    const next = new Map<RouteId, ServedPort>();
    for (const service of view.services.values()) {
      if (service.plainPods === undefined) continue;
      const gate = gates.get(service.key) ?? createAccessGate(service.key, view);
      gates.set(service.key, gate);
      for (const port of service.ports) {
        const known = byRoute.get(port.routeId);
        const held = known?.port === port.port ? known : new ServedPort(service.key, port.port, gate);
        held.pods = podsOf(service, port);
        next.set(port.routeId, held);
      }
    }
    for (const [routeId, gone] of byRoute) if (next.get(routeId) !== gone) gone.pods = [];
    byRoute = next;
    for (const gate of gates.values()) gate.update(view);
  };
  update(first);
  return {
    find(serverName) {
      const id = routeIdIn(serverName, first.self);
      return id === undefined ? undefined : byRoute.get(id);
    },
    update,
  };
}

class ServedPort implements InboundPort {
  readonly service: ServiceKey;
  readonly port: number;
  readonly gate: AccessGate;
  pods: readonly HostPort[] = [];
  #turn = 0;

  constructor(service: ServiceKey, port: number, gate: AccessGate) {
    this.service = service;
    this.port = port;
    this.gate = gate;
  }

  /** In turn. */
  application(): HostPort | undefined {
    this.#turn = (this.#turn + 1) % Math.max(1, this.pods.length);
    return this.pods[this.#turn];
  }
}

function podsOf({ plainPods = [] }: ServiceView, port: LocalPort): readonly HostPort[] {
  return plainPods.flatMap((slice) => {
    const served = portIn(slice, port);
    if (served === undefined) return [];
    return slice.pods.filter(({ ready }) => ready).map(({ address }) => ({ host: address, port: served }));
  });
}

/** Kubernetes carries the name of a Service's port into its EndpointSlices. */
function portIn({ ports }: PodSlice, { name }: LocalPort): number | undefined {
  return ports.find((port) => port.name === name)?.port;
}
