/** The identity of a gateway or sidecar, from nothing but its cluster's folder, or what is mounted in its pod. */
import { ok, type Result } from '../../kit/result.ts';
import type { SignedBundle, TrustBundle } from '../../model/bundle.ts';
import type { ClusterConfig } from '../../model/cluster-config.ts';
import { formatFault, type Fault } from '../../model/fault.ts';
import type { Identity } from '../../model/identity.ts';
import type { Namespace, ServiceAccount } from '../../model/names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import { readClusterConfig } from '../standalone/cluster-config.ts';
import { clusterFolder } from '../standalone/cluster-folder.ts';
import {
  openRotatingIdentity,
  resumeRotatingIdentity,
  type RotatingIdentity,
  type RotatingIdentityOptions,
} from '../trust/rotating-identity.ts';
import { openBundle } from '../trust/signed-bundle.ts';
import { pause } from '../clock/pause.ts';
import { placeByFolder, placeInPod, type ControllerAddresses } from './controller-place.ts';
import { createRenewal } from './enrol.ts';
import { openProxyMemory, type ProxyMemory, type ViewMemory } from './proxy-memory.ts';

export type ProxyRole =
  | { readonly kind: 'gateway' }
  | { readonly kind: 'workload'; readonly namespace: Namespace; readonly serviceAccount: ServiceAccount };

export interface ProxyIdentityOptions {
  /** The cluster's folder. */
  readonly dir: string;
  readonly role: ProxyRole;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Gives up waiting for the controller. */
  readonly signal: AbortSignal;
}

export interface ProxyIdentity {
  readonly config: ClusterConfig;
  readonly identity: RotatingIdentity;
  /** Where the controller is now; a fault while none has run. */
  addresses(): Result<ControllerAddresses, Fault>;
  /** The view that was in force here last: for `lastView` of discovery. */
  readonly lastView: ViewMemory;
  /** Takes a bundle that a trusted root signed and that is newer: for `onBundle` of discovery. */
  adoptBundle(signed: SignedBundle): void;
  stop(): void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** What waiting does not mend. */
const TERMINAL: ReadonlySet<string> = new Set([
  'bundle_missing',
  'enrolment_refused',
  'config_invalid',
  'io_failed',
  'invalid_csr',
]);

/**
 * Waits until the controller answers; a fault that waiting does not mend is returned at once. While the controller is
 * away, a certificate of an earlier run that is still valid will do (F18).
 */
export async function openProxyIdentity(
  options: ProxyIdentityOptions,
): Promise<Result<ProxyIdentity, Fault>> {
  const config = await readClusterConfig(options.dir);
  if (!config.ok) return config;
  const { clock, random, log, dir } = options;
  const place = config.value.kubernetes === true ? placeInPod(config.value) : placeByFolder(dir, clock);
  const held = await retry(options, () => Promise.resolve(place.bundle()));
  if (!held.ok) return held;
  const trust = holdBundle(held.value);
  const { addresses } = place;
  const id = identityOf(options.role, config.value);
  const renew = createRenewal({
    ...{ id, addresses, clock, bundle: trust.bundle, onBundle: trust.adopt },
    token: () => place.token(id),
  });
  const memory = openProxyMemory(clusterFolder(dir).state, id, log);
  const opened = await retry(options, () =>
    openOrResume({ id, bundle: trust.bundle, renew, clock, random, log }, memory),
  );
  if (!opened.ok) return opened;
  const identity = opened.value;
  const remember = (): void => memory.credentials.write(identity.credentials());
  remember();
  const ends = [trust.subscribe(identity.bundleChanged), identity.subscribe(remember)];
  const stop = (): void => {
    for (const end of ends) end();
    identity.stop();
  };
  const { adopt: adoptBundle } = trust;
  return ok({ config: config.value, identity, addresses, lastView: memory.view, adoptBundle, stop });
}

async function openOrResume(
  options: RotatingIdentityOptions,
  memory: ProxyMemory,
): Promise<Result<RotatingIdentity, Fault>> {
  const opened = await openRotatingIdentity(options);
  if (opened.ok || TERMINAL.has(opened.error.code)) return opened;
  const held = memory.credentials.read();
  const resumed = held === undefined ? opened : resumeRotatingIdentity(options, held);
  if (!resumed.ok) return opened;
  options.log.warn('controller not reached; going on with the certificate of the last run', {
    reason: opened.error.code,
    ends: new Date(resumed.value.credentials().notAfter).toISOString(),
  });
  return resumed;
}

function identityOf(role: ProxyRole, { mesh, cluster }: ClusterConfig): Identity {
  if (role.kind === 'gateway') return { kind: 'program', mesh, cluster, program: 'gateway' };
  return { ...role, mesh, cluster };
}

interface HeldBundle {
  bundle(): TrustBundle;
  adopt(signed: SignedBundle): void;
  subscribe(changed: () => void): () => void;
}

function holdBundle(first: TrustBundle): HeldBundle {
  const listeners = new Set<() => void>();
  let bundle = first;
  return {
    bundle: () => bundle,
    adopt(signed) {
      const opened = openBundle(signed, { mesh: bundle.mesh, roots: bundle.roots });
      if (!opened.ok || opened.value.version <= bundle.version) return;
      bundle = opened.value;
      for (const listener of listeners) listener();
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
  };
}

async function retry<T>(
  { clock, random, log, signal }: ProxyIdentityOptions,
  attempt: () => Promise<Result<T, Fault>>,
): Promise<Result<T, Fault>> {
  for (let failures = 0; ; failures++) {
    const result = await attempt();
    if (result.ok || TERMINAL.has(result.error.code) || signal.aborted) return result;
    if (failures === 0)
      log.info('waiting for the controller', {
        reason: result.error.code,
        detail: formatFault(result.error),
      });
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
    await pause(clock, longest * (0.5 + random.next() / 2), signal);
  }
}
