import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideWebhookTrust,
  type Certified,
  type TrustMoment,
  type TrustStep,
  type WebhookTrust,
} from './webhook-trust.ts';

const [MINUTE, HOUR] = [60_000, 3_600_000];
const TIMES = { settleMs: 10_000, overlapMs: 10 * MINUTE };
const NOW = 1_000 * HOUR;

function certified(id: string, issuedMs = NOW - HOUR, lifeMs = 100 * HOUR): Certified {
  return { id, issuedMs, endsMs: issuedMs + lifeMs };
}

const [a, b, c] = [certified('a'), certified('b'), certified('c')];
const byAuthority = { ...certified('leaf'), isByAuthority: true };
const byAnother = { ...certified('leaf'), isByAuthority: false };
const moment: TrustMoment = { nowMs: NOW, trustedForMs: 0, jitter: 0.5 };
const settled = { trustedForMs: TIMES.settleMs };

interface Case {
  readonly trust: WebhookTrust;
  readonly at?: Partial<TrustMoment>;
  readonly step: TrustStep;
}

const old = (id: string): Certified => certified(id, NOW - 60 * HOUR);
const expired = certified('old', NOW - 101 * HOUR);
const CASES: Readonly<Record<string, Case>> = {
  'nothing is there': {
    trust: { authority: undefined, serving: undefined, trusted: [] },
    step: { kind: 'make-authority' },
  },
  'the authority is past half of its life': {
    trust: { authority: old('a'), serving: byAuthority, trusted: [old('a')] },
    step: { kind: 'make-authority' },
  },
  'the authority is of the future': {
    trust: { authority: certified('a', NOW + HOUR), serving: undefined, trusted: [] },
    step: { kind: 'make-authority' },
  },
  'the authority is not trusted yet': {
    trust: { authority: b, serving: byAnother, trusted: [a] },
    step: { kind: 'trust', besides: ['a'] },
  },
  'what is trusted beside it has ended': {
    trust: { authority: b, serving: byAnother, trusted: [expired] },
    step: { kind: 'trust', besides: [] },
  },
  'far too many are trusted': {
    trust: {
      ...{ authority: a, serving: byAuthority },
      trusted: [10, 50, 20, 40, 30].map((hours) => certified(`${hours}`, NOW - hours * HOUR)),
    },
    step: { kind: 'trust', besides: ['10', '20', '30'] },
  },
  'there is no certificate, and nobody serves another': {
    trust: { authority: a, serving: undefined, trusted: [a] },
    step: { kind: 'issue' },
  },
  'there is no certificate, and some may serve one of before': {
    trust: { authority: b, serving: undefined, trusted: [b, a] },
    step: { kind: 'rest' },
  },
  'the certificate is by the authority of before, which API servers may not know better yet': {
    trust: { authority: b, serving: byAnother, trusted: [b, a] },
    at: { trustedForMs: TIMES.settleMs - 1 },
    step: { kind: 'rest' },
  },
  'the certificate is by the authority of before, and all know the new one': {
    trust: { authority: b, serving: byAnother, trusted: [b, a] },
    at: settled,
    step: { kind: 'issue' },
  },
  'the certificate is past half of its life': {
    trust: { authority: a, serving: { ...old('leaf'), isByAuthority: true }, trusted: [a] },
    step: { kind: 'issue' },
  },
  'some may still serve what the authority of before has signed': {
    trust: {
      authority: b,
      serving: { ...certified('leaf', NOW - TIMES.overlapMs + 1), isByAuthority: true },
      trusted: [b, a],
    },
    step: { kind: 'rest' },
  },
  'nobody serves any more what the authorities of before have signed': {
    trust: { authority: c, serving: byAuthority, trusted: [c, b, a] },
    step: { kind: 'trust', besides: [] },
  },
  'all is well': { trust: { authority: a, serving: byAuthority, trusted: [a] }, step: { kind: 'rest' } },
};

describe('the next step towards a webhook that is trusted', () => {
  it.each(Object.entries(CASES))('when %s', (_when, { trust, at, step }) => {
    expect(decideWebhookTrust(trust, { ...moment, ...at }, TIMES)).toEqual(step);
  });

  it.each([
    [0, 45],
    [0.5, 50],
    [0.999_999, 55],
  ])('renews with jitter %s at this many percent of a life: %s', (jitter, percent) => {
    const at = (ms: number): TrustStep => {
      const serving = { ...certified('leaf', NOW - ms, 100 * HOUR), isByAuthority: true };
      return decideWebhookTrust({ authority: a, serving, trusted: [a] }, { ...moment, jitter }, TIMES);
    };
    expect(at(percent * HOUR - MINUTE)).toEqual({ kind: 'rest' });
    expect(at(percent * HOUR + MINUTE)).toEqual({ kind: 'issue' });
  });
});

/** A version of something, until the next one. */
interface Version<T> {
  readonly sinceMs: number;
  readonly value: T;
}
const inForce = <T>(
  versions: readonly Version<T>[],
  [fromMs, toMs]: readonly [number, number],
): readonly T[] =>
  versions
    .filter(({ sinceMs }, i) => sinceMs <= toMs && (versions[i + 1]?.sinceMs ?? Infinity) > fromMs)
    .map(({ value }) => value);

interface Served extends Certified {
  readonly by: string;
}

/** What a cluster holds, and when it came to. */
class World {
  nowMs = NOW;
  authority: Certified | undefined;
  serving: Served | undefined;
  readonly bundles: Version<readonly Certified[]>[] = [{ sinceMs: NOW, value: [] }];
  readonly served: Version<Served>[] = [];
  #knownSinceMs = NOW;
  #made = 0;

  /** Everything that can be done now, by a controller. */
  pass({ isAnother }: { readonly isAnother: boolean }): void {
    if (isAnother) this.#knownSinceMs = this.nowMs;
    while (this.#step() !== 'rest');
  }

  #step(): TrustStep['kind'] {
    const { nowMs, authority, serving } = this;
    const trusted = this.bundles.at(-1)!.value;
    const isByAuthority = serving?.by === authority?.id;
    const moment = { nowMs, trustedForMs: nowMs - this.#knownSinceMs, jitter: 0.5 };
    const trust = { authority, trusted, serving: serving && { ...serving, isByAuthority } };
    const step = decideWebhookTrust(trust, moment, TIMES);
    this.#made += 1;
    if (step.kind === 'make-authority')
      this.authority = certified(`authority ${this.#made}`, nowMs, 1000 * HOUR);
    if (step.kind === 'issue') {
      this.serving = { ...certified(`leaf ${this.#made}`, nowMs, 20 * HOUR), by: authority!.id };
      this.served.push({ sinceMs: nowMs, value: this.serving });
    }
    if (step.kind === 'trust') {
      if (!trusted.some(({ id }) => id === authority!.id)) this.#knownSinceMs = nowMs;
      const kept = trusted.filter(({ id }) => step.besides.includes(id));
      this.bundles.push({ sinceMs: nowMs, value: [authority!, ...kept] });
    }
    return step.kind;
  }

  /** Who would not be accepted now, by an API server that hears late, or by any. */
  refused(): readonly string[] {
    const leaves = inForce(this.served, [this.nowMs - TIMES.overlapMs, this.nowMs]);
    // Before the first one there is nobody to accept.
    const bundles = inForce(this.bundles, [this.nowMs - TIMES.settleMs, this.nowMs]).filter(
      ({ length }) => length > 0,
    );
    const distrusted = leaves.filter(({ by }) =>
      bundles.some((bundle) => !bundle.some(({ id }) => id === by)),
    );
    const expired = leaves.slice(-1).filter(({ endsMs }) => endsMs <= this.nowMs);
    return [...distrusted, ...expired].map(({ id, by }) => `${id} by ${by}`);
  }
}

/**
 * A time of a cluster whose API servers hear of a change up to `settleMs` later, and whose controllers serve a new certificate
 * up to `overlapMs` later. Answers who was not accepted at some moment of it.
 */
function live(passes: readonly { readonly pauseMs: number; readonly event: string }[]): readonly string[] {
  const world = new World();
  return passes.flatMap(({ pauseMs, event }) => {
    if (event === 'secret lost') world.authority = undefined;
    if (event === 'secret lost' || event === 'certificate lost') world.serving = undefined;
    world.pass({ isAnother: event === 'another leads' });
    world.nowMs += pauseMs;
    return world.refused();
  });
}

it('every API server accepts every controller, through renewals, losses and changes of who leads', () => {
  const passes = fc.array(
    fc.record({
      pauseMs: fc.constantFrom(5_000, 5_000, 5_000, 11_000, MINUTE, 11 * MINUTE, HOUR, 2 * HOUR),
      event: fc.constantFrom('none', 'none', 'none', 'another leads', 'certificate lost'),
    }),
    { minLength: 1, maxLength: 300 },
  );
  // A second loss before the first is mended for good is more than the bound on authorities allows.
  const losses = fc.array(passes, { minLength: 1, maxLength: 4 });
  const rest = Array.from({ length: 10 }, () => ({ pauseMs: 5 * MINUTE, event: 'none' }));
  fc.assert(
    fc.property(losses, (lives) => {
      const all = lives.flatMap((life) => [...life, ...rest, { pauseMs: 5_000, event: 'secret lost' }]);
      expect(live(all)).toEqual([]);
    }),
  );
});
