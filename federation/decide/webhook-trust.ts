/**
 * The next step towards a webhook whose certificate every API server accepts, at every moment. An authority signs nothing
 * before API servers trust it, and is trusted until nobody serves what it has signed: some API servers see a change later
 * than others, and so do the controllers that serve. Stated is what there is, not what was done; so any controller can go
 * on where another one has stopped.
 */
export interface Certified {
  /** Fingerprint. */
  readonly id: string;
  readonly issuedMs: number;
  readonly endsMs: number;
}

export interface WebhookTrust {
  /** The one whose key is held. */
  readonly authority: Certified | undefined;
  readonly serving: (Certified & { readonly isByAuthority: boolean }) | undefined;
  /** Authorities that API servers are told to trust. */
  readonly trusted: readonly Certified[];
}

export interface TrustMoment {
  readonly nowMs: number;
  /** For how long the authority has been known to be among the trusted. */
  readonly trustedForMs: number;
  /** In [0, 1) */
  readonly jitter: number;
}

export interface TrustTimes {
  /** After which every API server trusts what it is told to. */
  readonly settleMs: number;
  /** After which every controller serves the certificate that there is. */
  readonly overlapMs: number;
}

export type TrustStep =
  | { readonly kind: 'make-authority' }
  /** The authority itself, and of the trusted those of these ids. */
  | { readonly kind: 'trust'; readonly besides: readonly string[] }
  | { readonly kind: 'issue' }
  | { readonly kind: 'rest' };

/** Clocks of controllers may differ by this much. */
const SKEW_MS = 5 * 60_000;
/** Beside the authority; of more than that the oldest are forgotten. */
const MAX_TRUSTED = 3;

export function decideWebhookTrust(
  { authority, serving, trusted }: WebhookTrust,
  moment: TrustMoment,
  { settleMs, overlapMs }: TrustTimes,
): TrustStep {
  const { nowMs, trustedForMs } = moment;
  if (authority === undefined || isDue(authority, moment)) return { kind: 'make-authority' };
  const others = trusted
    .filter(({ id, endsMs }) => id !== authority.id && endsMs > nowMs)
    .sort((a, b) => b.issuedMs - a.issuedMs)
    .slice(0, MAX_TRUSTED);
  const besides = others.map(({ id }) => id);
  if (!trusted.some(({ id }) => id === authority.id)) return { kind: 'trust', besides };
  if (serving?.isByAuthority === true && isIn(serving, nowMs)) {
    if (isDue(serving, moment)) return { kind: 'issue' };
    const isOver = trusted.length > 1 && serving.issuedMs + overlapMs <= nowMs;
    return isOver ? { kind: 'trust', besides: [] } : { kind: 'rest' };
  }
  // Where nobody serves what another authority has signed, there is nothing to lose by being quick.
  const isSafe = others.length === 0 || trustedForMs >= settleMs;
  return isSafe ? { kind: 'issue' } : { kind: 'rest' };
}

function isIn({ issuedMs, endsMs }: Certified, nowMs: number): boolean {
  return issuedMs - SKEW_MS <= nowMs && nowMs < endsMs;
}

/** Between 45 and 55 % of its life: controllers of many clusters do not renew at once. */
function isDue(certified: Certified, { nowMs, jitter }: TrustMoment): boolean {
  const { issuedMs, endsMs } = certified;
  return !isIn(certified, nowMs) || nowMs >= issuedMs + (endsMs - issuedMs) * (0.45 + 0.1 * jitter);
}
