/** What a controller holds of trust: its cluster's authority, its own certificate, and the record of join tokens. */
import { readRequest } from '../mesh/adapters/x509/request.ts';
import { openAuthority, type Authority } from '../mesh/adapters/trust/authority.ts';
import { openJoinTokens, type JoinTokens } from '../mesh/adapters/trust/join-tokens.ts';
import { openRotatingIdentity, type RotatingIdentity } from '../mesh/adapters/trust/rotating-identity.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { KeyStore } from '../mesh/ports/key-store.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Random } from '../mesh/ports/random.ts';

export interface ControllerTrust {
  readonly authority: Authority;
  readonly identity: RotatingIdentity;
  readonly tokens: JoinTokens;
  stop(): void;
}

export interface TrustOptions {
  readonly keys: KeyStore;
  readonly config: ClusterConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export async function openControllerTrust(options: TrustOptions): Promise<Result<ControllerTrust, Fault>> {
  const { keys, config, clock, random, log } = options;
  const opened = openAuthority(keys, clock.now);
  if (!opened.ok) return opened;
  const authority = opened.value;
  const { mesh, cluster } = authority;
  if (mesh !== config.mesh || cluster !== config.cluster) {
    const message = `says ${config.cluster} of mesh ${config.mesh}, but its keys are of ${cluster} of mesh ${mesh}`;
    return err(fault('config_invalid', 'cluster.yaml', message));
  }
  const identity = await openRotatingIdentity({
    ...{ id: { kind: 'program', mesh, cluster, program: 'controller' }, bundle: authority.bundle },
    ...{ clock, random, log, renew: (request) => Promise.resolve(issueOwn(authority, request)) },
  });
  if (!identity.ok) return identity;
  const unsubscribe = authority.subscribe(identity.value.bundleChanged);
  const stop = (): void => {
    unsubscribe();
    identity.value.stop();
  };
  return ok({ authority, identity: identity.value, tokens: openJoinTokens(keys), stop });
}

function issueOwn(authority: Authority, request: Buffer): Result<string, Fault> {
  const { mesh, cluster } = authority;
  const key = readRequest(request);
  if (!key.ok) return key;
  return ok(authority.issueLeaf({ kind: 'program', mesh, cluster, program: 'controller' }, key.value));
}
