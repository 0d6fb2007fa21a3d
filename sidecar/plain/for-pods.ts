/** What of a view is for pods without a sidecar, and at which ports they ask for it. */
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { FixedUpstream } from '../addresses.ts';

export function wantedPorts({ services }: MeshView): readonly FixedUpstream[] {
  return [...services.values()].flatMap(({ key, ports }) =>
    ports.flatMap(({ port, plainPort }) =>
      plainPort === undefined ? [] : [{ service: key, port, localPort: plainPort }],
    ),
  );
}

/**
 * What pods are led to: services of other networks, and the cluster's own endpoints of them only where it exports the
 * service itself (KEP-1645: what is not exported is no part of the clusterset's service).
 */
export function forPods(view: MeshView): MeshView {
  const asked = [...view.services.values()].filter(({ ports }) =>
    ports.some(({ plainPort }) => plainPort !== undefined),
  );
  const services = asked.map((service) => (service.exported ? service : { ...service, local: [] }));
  return { ...view, services: new Map(services.map((service) => [service.key, service])) };
}
