/** A zone of the services of a test, as rules see it. */
import type { Zone } from '../answer-question.ts';
import type { ImportedEndpoint, ImportedPort, ImportedService, ImportedSlice } from '../imported.ts';
import { serviceNames } from '../service-names.ts';

export const HTTPS: ImportedPort = { name: 'https', protocol: 'tcp', port: 443 };

export function service(over: Partial<ImportedService> = {}): ImportedService {
  return { namespace: 'test', name: 'web', isHeadless: false, ips: ['10.42.42.42'], ports: [HTTPS], ...over };
}

export function slice(cluster: string, ...endpoints: readonly Partial<ImportedEndpoint>[]): ImportedSlice {
  const ready = { address: '10.3.0.100', isReady: true };
  return {
    ...{ namespace: 'test', service: 'web', cluster, ports: [HTTPS] },
    endpoints: endpoints.map((endpoint) => ({ ...ready, ...endpoint })),
  };
}

export function headless(...slices: readonly ImportedSlice[]): Zone {
  return zoneOf([service({ isHeadless: true, ips: [] })], slices);
}

export function zoneOf(services: readonly ImportedService[], slices: readonly ImportedSlice[] = []): Zone {
  const names = new Map(
    services.map((one) => [
      `${one.namespace}/${one.name}`,
      serviceNames(
        one,
        slices.filter(({ namespace, service: name }) => namespace === one.namespace && name === one.name),
      ),
    ]),
  );
  return {
    hasNamespace: (namespace) =>
      [...names].some(([key, value]) => key.startsWith(`${namespace}/`) && value !== undefined),
    service: (namespace, name) => names.get(`${namespace}/${name}`),
  };
}
