/** Catalogs for tests. */
import { servicesOf } from '../../decide/testing/exported-services.ts';
import type { GatewayAddress } from '../../../mesh/model/catalog.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import type { OwnCatalog } from '../exchange.ts';

/** `services`: names in namespace `shop`. */
export function catalogOf(options: {
  readonly cluster: ClusterName;
  readonly gateways: readonly GatewayAddress[];
  readonly services: readonly string[];
}): OwnCatalog {
  const { cluster, gateways, services } = options;
  const info = { cluster, region: 'eu', zone: 'eu-1', network: cluster, gateways, version: '0.1.0' };
  return { info, services: servicesOf(services) };
}
