/** A rate with a burst: who asks when the bucket is empty must wait. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export function fullBucket(rate: Rate, atMs: number): Bucket {
  return { tokens: rate.burst, atMs };
}

/** Takes one token; undefined when there is none. */
export function takeToken(bucket: Bucket, rate: Rate, nowMs: number): Bucket | undefined {
  const gained = (Math.max(0, nowMs - bucket.atMs) * rate.perSecond) / 1000;
  const tokens = Math.min(rate.burst, bucket.tokens + gained) - 1;
  return tokens < 0 ? undefined : { tokens, atMs: Math.max(nowMs, bucket.atMs) };
}
