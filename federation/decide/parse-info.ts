/** The border's schema of what a peer says of itself: its own name only, and gateways that are not on this machine. */
import { quoted } from '../../mesh/kit/quoted.ts';
import { checkPeerHost, type AddressRules } from '../../mesh/decide/peer-address.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { ClusterInfo, GatewayAddress } from '../../mesh/model/catalog.ts';
import type { StatedGateway, StatedInfo } from '../../mesh/model/exchange-frame.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import { isLabelValue, isPortNumber } from './parse-service.ts';
import type { Quotas } from './quotas.ts';

export interface InfoRules extends AddressRules {
  /** The cluster that TLS proved. */
  readonly origin: ClusterName;
  readonly quotas: Quotas;
}

export interface BelievedInfo {
  readonly info: ClusterInfo;
  /** Gateways that were left out, and why. */
  readonly refused: readonly Fault[];
}

const VERSION = /^[A-Za-z0-9.+-]{1,64}$/;

export function parseInfo(stated: StatedInfo, rules: InfoRules): Result<BelievedInfo, Fault> {
  const { origin, quotas } = rules;
  if (stated.cluster !== origin) {
    const claimed = quoted(stated.cluster);
    return err({ ...fault('origin_mismatch', origin, `speaks for ${claimed}`), field: 'cluster' });
  }
  const bad = (field: string, message: string): Result<never, Fault> =>
    err({ ...fault('schema_violation', origin, message), field });
  for (const field of ['region', 'zone', 'network'] as const)
    if (!isLabelValue(stated[field])) return bad(field, 'must be a label value');
  if (!VERSION.test(stated.version)) return bad('version', 'must be 1-64 letters, digits, dots, + and -');
  if (stated.gateways.length > quotas.gateways)
    return err(fault('quota_exceeded', origin, `states more than ${quotas.gateways} gateways`));
  const { gateways, refused } = sortGateways(stated.gateways, rules);
  const { region, zone, network, version } = stated;
  return ok({ info: { cluster: origin, region, zone, network, gateways, version }, refused });
}

function sortGateways(
  stated: readonly StatedGateway[],
  rules: InfoRules,
): { gateways: GatewayAddress[]; refused: Fault[] } {
  const gateways: GatewayAddress[] = [];
  const refused: Fault[] = [];
  for (const gateway of stated) {
    const good = checkGateway(gateway, rules);
    if (good.ok) gateways.push(good.value);
    else refused.push({ ...good.error, subject: `${rules.origin} gateway ${good.error.subject}` });
  }
  return { gateways, refused };
}

/** Also for the gateways of a join token and of a member list. */
export function checkGateway(
  { host, port, zone }: StatedGateway,
  rules: AddressRules,
): Result<GatewayAddress, Fault> {
  const reachable = checkPeerHost(host, rules);
  if (!reachable.ok) return reachable;
  const subject = quoted(host);
  if (!isPortNumber(port)) return err(fault('address_refused', subject, `${port} is not a port number`));
  if (zone !== '' && !isLabelValue(zone))
    return err(fault('schema_violation', subject, 'its zone is not a label value'));
  return ok({ host, port, zone });
}
