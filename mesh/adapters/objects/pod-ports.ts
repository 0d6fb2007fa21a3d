/** Where pods listen for the ports of their Service: a Service may name a port of its pods, and only those know its number. */
import type { ServiceKey } from '../../model/names.ts';
import type { PodSlice, Service } from '../../model/service.ts';

/** The same services, with the ports that their pods have. */
export function withPodPorts(
  services: ReadonlyMap<ServiceKey, Service>,
  slices: ReadonlyMap<ServiceKey, readonly PodSlice[]>,
): ReadonlyMap<ServiceKey, Service> {
  return new Map([...services].map(([key, service]) => [key, resolved(service, slices.get(key) ?? [])]));
}

function resolved(service: Service, slices: readonly PodSlice[]): Service {
  const targets = new Map(
    slices.flatMap(({ ports }) =>
      ports.filter(({ protocol }) => protocol === 'TCP').map(({ name, port }) => [name, port] as const),
    ),
  );
  const isStated = service.ports.every(
    ({ name, targetPort }) => (targets.get(name) ?? targetPort) === targetPort,
  );
  if (isStated) return service;
  const ports = service.ports.map((port) => ({
    ...port,
    targetPort: targets.get(port.name) ?? port.targetPort,
  }));
  return { ...service, ports };
}
