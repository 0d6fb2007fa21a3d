/** What may be held of a peer, said once more and shorter than the product says it: so that both must be wrong alike. */
import { isIPv4, isIPv6 } from 'node:net';
import type { ClusterInfo, ExportedService } from '../../mesh/model/catalog.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import type { Quotas } from '../../federation/decide/quotas.ts';
import { must } from '../target.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const PLACE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export function checkService(key: ServiceKey, service: ExportedService, quotas: Quotas): void {
  const shown = [key, service] as const;
  const [namespace = '', name = '', ...more] = key.split('/');
  must(service.key === key && more.length === 0, 'a service is held under its key', ...shown);
  must(LABEL.test(namespace) && LABEL.test(name), 'names are DNS labels', ...shown);
  must(!/^(kube-|isthmus-system$)/.test(namespace), 'no system namespace is held', ...shown);
  const { ports, zones, serviceAccounts, exportedAt } = service;
  must(ports.length > 0 && ports.length <= quotas.portsPerService, 'as many ports as may be', ...shown);
  must(zones.length <= quotas.zonesPerService, 'as many zones as may be', ...shown);
  must(serviceAccounts.length <= quotas.accountsPerService, 'as many accounts as may be', ...shown);
  must(exportedAt >= 0 && !Number.isNaN(new Date(exportedAt).getTime()), 'a time is a time', ...shown);
  for (const port of ports) {
    must(port.port >= 1 && port.port <= 65_535 && port.port % 1 === 0, 'a port is a port', ...shown);
    must(ports.filter((one) => one.port === port.port).length === 1, 'a port stands once', ...shown);
    must(port.name === '' || LABEL.test(port.name), 'a port has a name or none', ...shown);
    must(/^[a-z2-7]{26}$/.test(port.routeId), 'a route id is one', ...shown);
    must(['http', 'tcp', 'detect'].includes(port.appProtocol), 'a protocol is one of three', ...shown);
  }
  for (const { region, zone, ready, total } of zones) {
    must(PLACE.test(region) && PLACE.test(zone), 'places are label values', ...shown);
    must(ready >= 0 && ready <= total && total <= 100_000, 'counts are counts', ...shown);
  }
  must(
    serviceAccounts.every((account) => LABEL.test(account)),
    'accounts are DNS labels',
    ...shown,
  );
}

/** Addresses that no gateway of another cluster has (RFC 6890, and the metadata services of clouds). */
const NOT_OUT_THERE = [
  /^(0|127|22[4-9]|23\d|24\d|25[0-5])\./,
  /^169\.254\./,
  /^100\.100\.100\.200$/,
  /^192\.0\.0\.192$/,
  /^::(1|ffff:.*|127.*|[0-9a-f:.]*7f00:.*)?$/i,
  /^fe[89ab]/i,
  /^ff/i,
  /7f00:0?0?0?1(::)?$/i,
];

export function checkInfo(info: ClusterInfo, quotas: Quotas): void {
  must(info.cluster === 'west', 'a peer speaks for itself', info);
  must(
    [info.region, info.zone, info.network].every((place) => PLACE.test(place)),
    'places are label values',
    info,
  );
  must(info.gateways.length <= quotas.gateways, 'as many gateways as may be', info);
  for (const { host, port, zone } of info.gateways) {
    const isName =
      /^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i.test(host) &&
      !/(^|\.)(\d+|0x[0-9a-f]*)$/i.test(host);
    must(isIPv4(host) || isIPv6(host) || isName, 'a gateway has an address or a name', info);
    must(!/(^|\.)localhost$/i.test(host), 'no gateway is this machine', info);
    must(!NOT_OUT_THERE.some((range) => range.test(host)), 'a gateway is out there', info);
    must(port >= 1 && port <= 65_535 && port % 1 === 0, 'a port is a port', info);
    must(zone === '' || PLACE.test(zone), 'a zone is a label value', info);
  }
}
