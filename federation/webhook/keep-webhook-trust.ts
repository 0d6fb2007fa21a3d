/** Keeps authority, certificate and trust of the webhook, in the controller that leads: gather, decide, perform. */
import type { X509Certificate } from 'node:crypto';
import {
  decideWebhookTrust,
  type Certified,
  type TrustStep,
  type WebhookTrust,
} from '../decide/webhook-trust.ts';
import type { ApiClient } from '../../mesh/adapters/kubernetes/api-client.ts';
import { WEBHOOK_HOST } from '../../mesh/adapters/kubernetes/installation.ts';
import { readCaBundle, writeCaBundle, type CaBundle } from '../../mesh/adapters/webhook/ca-bundle.ts';
import type { ServingCertificate } from '../../mesh/adapters/webhook/webhook-server.ts';
import {
  writeWebhookSecret,
  type HeldCertificate,
  type WebhookSecret,
} from '../../mesh/adapters/webhook/webhook-secret.ts';
import {
  BACKDATE_MS,
  generateKeyPair,
  privateKeyFromPem,
  privateKeyToPem,
} from '../../mesh/adapters/x509/issue.ts';
import { createServingAuthority, issueServing } from '../../mesh/adapters/x509/serving.ts';
import { assertNever } from '../../mesh/kit/assert-never.ts';
import { ok, type Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { Random } from '../../mesh/ports/random.ts';

export interface WebhookLives {
  readonly authorityMs: number;
  readonly servingMs: number;
}

export interface WebhookTrustOptions {
  readonly api: Pick<ApiClient, 'request'>;
  readonly lives: WebhookLives;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Takes the steps that can be taken now; answers the Secret as it is then. */
export type KeepWebhookTrust = (secret: WebhookSecret) => Promise<Result<WebhookSecret, Fault>>;

/** API servers hear of a change within a second; one that is busy, later. */
const SETTLE_MS = 10_000;
/** Controllers read the Secret every few seconds; one that cannot for so long serves nobody. */
const OVERLAP_MS = 10 * 60_000;
/** Of one go. */
const MAX_STEPS = 4;

export function keepWebhookTrust(options: WebhookTrustOptions): KeepWebhookTrust {
  const { api, clock, random } = options;
  const jitter = random.next();
  let settling: { readonly id: string; readonly sinceMs: number } | undefined;
  const trustedForMs = ({ authority, trusted }: WebhookTrust): number => {
    const id = trusted.find((one) => one.id === authority?.id)?.id;
    if (id === undefined) settling = undefined;
    else if (settling?.id !== id) settling = { id, sinceMs: clock.monotonic() };
    return settling === undefined ? 0 : clock.monotonic() - settling.sinceMs;
  };
  return async (found) => {
    let secret = found;
    for (let taken = 0; taken < MAX_STEPS; taken++) {
      const bundle = await readCaBundle(api);
      if (!bundle.ok) return bundle;
      const trust = { ...describe(secret), trusted: bundle.value.trusted.map(certified) };
      const moment = { nowMs: clock.now(), trustedForMs: trustedForMs(trust), jitter };
      const step = decideWebhookTrust(trust, moment, { settleMs: SETTLE_MS, overlapMs: OVERLAP_MS });
      if (step.kind === 'rest') break;
      const done = await perform(step, { ...options, secret, bundle: bundle.value });
      if (!done.ok) return done;
      secret = done.value;
    }
    return ok(secret);
  };
}

function describe({ authority, serving }: WebhookSecret): Omit<WebhookTrust, 'trusted'> {
  const isByAuthority =
    authority !== undefined && serving?.parsed.verify(authority.parsed.publicKey) === true;
  return {
    authority: authority && certified(authority.parsed),
    serving: serving && { ...certified(serving.parsed), isByAuthority },
  };
}

function certified({ fingerprint256: id, validFromDate, validToDate }: X509Certificate): Certified {
  return { id, issuedMs: validFromDate.getTime() + BACKDATE_MS, endsMs: validToDate.getTime() };
}

type Performing = WebhookTrustOptions & { readonly secret: WebhookSecret; readonly bundle: CaBundle };

async function perform(
  step: Exclude<TrustStep, { readonly kind: 'rest' }>,
  options: Performing,
): Promise<Result<WebhookSecret, Fault>> {
  const { api, secret, bundle } = options;
  options.log.info('certificates of the webhook change', { step: step.kind });
  switch (step.kind) {
    case 'make-authority':
      return writeWebhookSecret(api, secret, { authority: makeAuthority(options) });
    case 'issue':
      return writeWebhookSecret(api, secret, { serving: issue(options) });
    case 'trust': {
      const kept = bundle.trusted.filter(({ fingerprint256 }) => step.besides.includes(fingerprint256));
      const trusted = [held(secret).parsed, ...kept];
      const written = await writeCaBundle(api, { ...bundle, trusted });
      return written.ok ? ok(secret) : written;
    }
    default:
      return assertNever(step);
  }
}

function makeAuthority({ lives, clock }: Performing): ServingCertificate {
  const keys = generateKeyPair();
  const options = { host: WEBHOOK_HOST, nowMs: clock.now(), lifeMs: lives.authorityMs };
  return {
    certificate: createServingAuthority(keys, options),
    privateKey: privateKeyToPem(keys.privateKey),
  };
}

function issue({ secret, lives, clock }: Performing): ServingCertificate {
  const { privateKey, publicKey } = generateKeyPair();
  const authority = privateKeyFromPem(held(secret).privateKey);
  const options = { host: WEBHOOK_HOST, nowMs: clock.now(), lifeMs: lives.servingMs, publicKey };
  return {
    certificate: issueServing(authority.privateKey, options),
    privateKey: privateKeyToPem(privateKey),
  };
}

/** Before all steps that need it comes the one that makes it. */
function held({ authority }: WebhookSecret): HeldCertificate {
  if (authority === undefined) throw new Error('there is no authority');
  return authority;
}
