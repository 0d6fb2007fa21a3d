/** A program's identity that renews itself: a new key and certificate at half life, early enough to survive an outage. */
import { X509Certificate } from 'node:crypto';
import { parseCertificate } from '../../decide/certificate/parse-certificate.ts';
import { validateSvid } from '../../decide/certificate/validate-svid.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { fault, formatFault, type Fault } from '../../model/fault.ts';
import { formatIdentity, type Identity } from '../../model/identity.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Credentials, MeshIdentity } from '../../ports/mesh-identity.ts';
import type { Random } from '../../ports/random.ts';
import { fromPem } from '../x509/der.ts';
import { generateKeyPair, privateKeyFromPem, privateKeyToPem, type KeyPair } from '../x509/issue.ts';
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
/** Whatever is issued, and however chance falls, renewing never becomes a busy loop. */
const SHORTEST_PAUSE_MS = 200;

/** Resolves once there is a first certificate; the fault if `renew` refuses it. */
export async function openRotatingIdentity(
  options: RotatingIdentityOptions,
): Promise<Result<RotatingIdentity, Fault>> {
  const first = await obtain(options, undefined);
  if (!first.ok) return first;
  return ok(rotate(options, first.value));
}

/** With the certificate and key of an earlier run, while nobody is there to issue new ones. Refused when they do not fit. */
export function resumeRotatingIdentity(
  options: RotatingIdentityOptions,
  held: Pick<Credentials, 'certificateChain' | 'privateKey'>,
): Result<RotatingIdentity, Fault> {
  try {
    const checked = checkIssued(held.certificateChain, privateKeyFromPem(held.privateKey), options);
    return checked.ok ? ok(rotate(options, checked.value)) : checked;
  } catch (cause) {
    return err({ ...fault('invalid_certificate', 'held certificate', 'cannot be read'), cause });
  }
}

function rotate(options: RotatingIdentityOptions, first: Credentials): RotatingIdentity {
  const listeners = new Set<() => void>();
  let credentials = first;
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const identity: MeshIdentity = {
    ...{ id: options.id, credentials: () => credentials, bundle: options.bundle },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
  };
  const stop = keepRenewing(options, identity, (renewed) => {
    credentials = renewed;
    tell();
  });
  return { ...identity, bundleChanged: tell, stop };
}

/** Renews at half life; after a failure again with full jitter. Returns the way to stop. */
function keepRenewing(
  options: RotatingIdentityOptions,
  identity: MeshIdentity,
  renewed: (fresh: Credentials) => void,
): () => void {
  const { clock, random, log } = options;
  let cancel = (): void => undefined;
  let stopped = false;

  const renewAfter = (waitMs: number, failures: number): void => {
    if (!stopped) cancel = clock.after(Math.max(SHORTEST_PAUSE_MS, waitMs), () => void attempt(failures));
  };
  const attempt = async (failures: number): Promise<void> => {
    const result = await obtain(options, identity);
    if (stopped) return;
    const ends = new Date((result.ok ? result.value : identity.credentials()).notAfter).toISOString();
    if (!result.ok) {
      log.warn('certificate not renewed', {
        reason: result.error.code,
        detail: formatFault(result.error),
        ends,
      });
      return renewAfter(random.next() * Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** failures), failures + 1);
    }
    log.info('certificate renewed', { ends });
    renewed(result.value);
    renewAfter(halfLife(result.value), 0);
  };
  // Between 45 and 55 % of its life: a fleet started at once does not renew at once.
  const halfLife = ({ notAfter }: Credentials): number =>
    Math.max(0, notAfter - clock.now()) * (0.45 + 0.1 * random.next());

  renewAfter(halfLife(identity.credentials()), 0);
  return () => {
    stopped = true;
    cancel();
  };
}

async function obtain(
  options: RotatingIdentityOptions,
  current: MeshIdentity | undefined,
): Promise<Result<Credentials, Fault>> {
  const keys = generateKeyPair();
  try {
    const chain = await options.renew(createRequest(keys), current);
    return chain.ok ? checkIssued(chain.value, keys, options) : chain;
  } catch (cause) {
    return err({ ...fault('unavailable', 'certificate renewal', 'failed'), cause });
  }
}

/** An issuer that errs must not leave the program with a certificate that nobody accepts. */
function checkIssued(
  chain: string,
  keys: KeyPair,
  { id, bundle, clock }: RotatingIdentityOptions,
): Result<Credentials, Fault> {
  const [leaf] = fromPem(chain) ?? [];
  const bad = (what: string): Result<never, Fault> =>
    err(fault('invalid_certificate', 'issued certificate', what));
  const parsed = leaf === undefined ? undefined : parseCertificate(leaf);
  if (leaf === undefined || !parsed?.ok) return bad('cannot be read');
  if (!new X509Certificate(leaf).publicKey.equals(keys.publicKey))
    return bad('is for another key than the one asked for');
  const context = { mesh: bundle().mesh, expect: { kind: 'member' }, nowMs: clock.now() } as const;
  const identity = validateSvid(parsed.value, { ...context, role: 'client' });
  if (!identity.ok) return identity;
  if (formatIdentity(identity.value) !== formatIdentity(id))
    return bad(`is for ${formatIdentity(identity.value)}, not for ${formatIdentity(id)}`);
  const { serial, notAfter } = parsed.value;
  return ok({ certificateChain: chain, privateKey: privateKeyToPem(keys.privateKey), serial, notAfter });
}
