/** A program's identity that renews itself: a new key and certificate at half life, early enough to survive an outage. */
import { X509Certificate } from 'node:crypto';
import { err, ok, type Result } from '../../kit/result.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { fault, formatFault, type Fault } from '../../model/fault.ts';
import type { Identity } from '../../model/identity.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Credentials, MeshIdentity } from '../../ports/mesh-identity.ts';
import type { Random } from '../../ports/random.ts';
import { generateKeyPair, privateKeyToPem } from '../x509/issue.ts';
import { createRequest } from '../x509/request.ts';

export interface RotatingIdentityOptions {
  readonly id: Identity;
  readonly bundle: () => TrustBundle;
  /** Gets a certificate chain (PEM) for a request (DER); `current` is absent the first time. */
  readonly renew: (request: Buffer, current: MeshIdentity | undefined) => Promise<Result<string, Fault>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface RotatingIdentity extends MeshIdentity {
  /** Tells subscribers that the bundle changed. */
  bundleChanged(): void;
  stop(): void;
}

const LONGEST_PAUSE_MS = 60_000;

/** Resolves once there is a first certificate; the fault if `renew` refuses it. */
export async function openRotatingIdentity(
  options: RotatingIdentityOptions,
): Promise<Result<RotatingIdentity, Fault>> {
  const first = await obtain(options, undefined);
  if (!first.ok) return first;
  return ok(rotate(options, first.value));
}

function rotate(options: RotatingIdentityOptions, first: Credentials): RotatingIdentity {
  const { clock, random, log } = options;
  const listeners = new Set<() => void>();
  let credentials = first;
  let cancel = (): void => undefined;
  let stopped = false;
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const identity: RotatingIdentity = {
    ...{ id: options.id, credentials: () => credentials, bundle: options.bundle, bundleChanged: tell },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
  const renewAfter = (waitMs: number, failures: number): void => {
    if (stopped) return;
    cancel = clock.after(waitMs, () => {
      void obtain(options, identity).then((renewed) => {
        if (!renewed.ok) {
          log.warn('certificate not renewed', {
            reason: renewed.error.code,
            detail: formatFault(renewed.error),
            ends: new Date(credentials.notAfter).toISOString(),
          });
          return renewAfter(random.next() * Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** failures), failures + 1);
        }
        credentials = renewed.value;
        log.info('certificate renewed', { ends: new Date(credentials.notAfter).toISOString() });
        tell();
        renewAfter(halfLife(credentials), 0);
      });
    });
  };
  // Between 45 and 55 % of its life: a fleet started at once does not renew at once.
  const halfLife = ({ notAfter }: Credentials): number =>
    Math.max(0, notAfter - clock.now()) * (0.45 + 0.1 * random.next());
  renewAfter(halfLife(first), 0);
  return identity;
}

async function obtain(
  options: RotatingIdentityOptions,
  current: MeshIdentity | undefined,
): Promise<Result<Credentials, Fault>> {
  const keys = generateKeyPair();
  const chain = await options.renew(createRequest(keys), current);
  if (!chain.ok) return chain;
  try {
    const leaf = new X509Certificate(chain.value);
    if (!leaf.publicKey.equals(keys.publicKey))
      return err(
        fault('invalid_certificate', 'issued certificate', 'is for another key than the one asked for'),
      );
    return ok({
      ...{ certificateChain: chain.value, privateKey: privateKeyToPem(keys.privateKey) },
      ...{ serial: leaf.serialNumber.toLowerCase(), notAfter: leaf.validToDate.getTime() },
    });
  } catch (cause) {
    return err({ ...fault('invalid_certificate', 'issued certificate', 'cannot be read'), cause });
  }
}
