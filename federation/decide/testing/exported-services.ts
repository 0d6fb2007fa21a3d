/** Exported services for tests. */
import type { ExportedService } from '../../../mesh/model/catalog.ts';
import type { RouteId, ServiceAccount, ServiceKey } from '../../../mesh/model/names.ts';

export function exported(key: string, ready = 1): ExportedService {
  return {
    ...{ key: key as ServiceKey, exportedAt: 1_700_000_000_000, serviceAccounts: ['cart' as ServiceAccount] },
    ports: [{ name: 'http', port: 80, appProtocol: 'http', routeId: 'a'.repeat(26) as RouteId }],
    zones: [{ region: 'eu', zone: 'eu-1', ready, total: 3 }],
  };
}

export function servicesOf(names: readonly string[], ready = 1): ReadonlyMap<ServiceKey, ExportedService> {
  return new Map(names.map((name) => [`shop/${name}` as ServiceKey, exported(`shop/${name}`, ready)]));
}
