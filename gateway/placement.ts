/** Where a gateway of a standalone cluster stands: from its flags, else from the cluster's configuration. */
import { toHex } from '../mesh/kit/hex.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { Random } from '../mesh/ports/random.ts';
import type { GatewayFlags } from './flags.ts';
import type { GatewayOptions } from './gateway-options.ts';

export type Placement = Pick<GatewayOptions, 'listen' | 'advertise' | 'zone' | 'name'>;

const UNSPECIFIED = new Set(['0.0.0.0', '::']);

/**
 * The advertised address of the configuration belongs to the configured listener: a gateway that listens elsewhere
 * states its own, or is reached as it listens. Listening on every address leaves nothing to advertise: a fault.
 */
export function placeGateway(
  flags: GatewayFlags,
  config: Pick<ClusterConfig, 'gateway' | 'advertise' | 'zone'>,
  random: Random,
): Result<Placement, Fault> {
  const address = flags.listen ?? config.gateway;
  const advertise = flags.advertise ?? (flags.listen ? undefined : config.advertise);
  if (UNSPECIFIED.has((advertise ?? address).host)) {
    const message = 'listens on every address; say how others reach it: --advertise <host>:<port>';
    return err(fault('config_invalid', `gateway ${address.host}:${address.port}`, message));
  }
  return ok({
    listen: { ...address, reusePort: flags.reusePort },
    ...(advertise === undefined ? {} : { advertise }),
    zone: flags.zone ?? config.zone,
    name: flags.name ?? `gateway-${toHex(random.bytes(4))}`,
  });
}
