import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ProgramIdentity } from '../../model/identity.ts';
import type { ClusterName, MeshName } from '../../model/names.ts';
import { createManualClock, type ManualClock } from '../clock/manual-clock.ts';
import { createMemoryLog } from '../log/memory-log.ts';
import { LEAF_LIFETIME_MS } from '../x509/issue.ts';
import { readRequest } from '../x509/request.ts';
import { createMesh, openAuthority, type Authority } from './authority.ts';
import { createMemoryKeyStore } from './folder-key-store.ts';
import {
  openRotatingIdentity,
  type RotatingIdentity,
  type RotatingIdentityOptions,
} from './rotating-identity.ts';

const mesh = 'acme' as MeshName;
const cluster = 'east' as ClusterName;
const gateway: ProgramIdentity = { kind: 'program', mesh, cluster, program: 'gateway' };
const HOUR_MS = 3_600_000;
const away = err(fault('unavailable', 'controller', 'is not there'));

function valueOf<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

interface World {
  readonly clock: ManualClock;
  readonly authority: Authority;
  readonly log: ReturnType<typeof createMemoryLog>;
  calls: number;
  /** What the issuer does now; absent: it issues. */
  answer: (() => Promise<Result<string, Fault>>) | undefined;
  open(changes?: Partial<RotatingIdentityOptions>): Promise<Result<RotatingIdentity, Fault>>;
}

function createWorld(chance = 0.5): World {
  const clock = createManualClock();
  const store = createMemoryKeyStore();
  valueOf(createMesh(store, { mesh, cluster, nowMs: clock.now() }));
  const authority = valueOf(openAuthority(store, clock.now));
  const log = createMemoryLog();
  const world: World = {
    ...{ clock, authority, log, calls: 0, answer: undefined },
    open: (changes) =>
      openRotatingIdentity({
        ...{ id: gateway, bundle: authority.bundle, clock, log },
        random: { next: () => chance, bytes: (count) => new Uint8Array(count) },
        renew(request) {
          world.calls++;
          const key = valueOf(readRequest(request));
          return world.answer?.() ?? Promise.resolve(ok(authority.issueLeaf(gateway, key)));
        },
        ...changes,
      }),
  };
  return world;
}

describe('a rotating identity', () => {
  it('renews at half life with another key, and tells of it', async () => {
    const world = createWorld();
    const identity = valueOf(await world.open());
    const first = identity.credentials();
    const told: string[] = [];
    identity.subscribe(() => told.push(identity.credentials().serial));
    await world.clock.advanceAsync(LEAF_LIFETIME_MS / 2 - 1000);
    expect(world.calls).toBe(1);
    await world.clock.advanceAsync(1000);
    expect(world.calls).toBe(2);
    expect(told).toEqual([identity.credentials().serial]);
    expect(identity.credentials().privateKey).not.toBe(first.privateKey);
    expect(identity.credentials().notAfter - first.notAfter).toBe(LEAF_LIFETIME_MS / 2);
    identity.stop();
  });

  it('spreads renewals around half life, and none comes late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (chance) => {
        const world = createWorld(chance);
        const identity = valueOf(await world.open());
        await world.clock.advanceAsync(0.45 * LEAF_LIFETIME_MS - 1000);
        expect(world.calls).toBe(1);
        await world.clock.advanceAsync(0.1 * LEAF_LIFETIME_MS + 2000);
        expect(world.calls).toBe(2);
        identity.stop();
      }),
      { numRuns: 20 },
    );
  });

  it('keeps the old certificate through an outage, asks again with pauses, and gets well', async () => {
    const world = createWorld();
    const identity = valueOf(await world.open());
    const first = identity.credentials();
    world.answer = () => Promise.resolve(away);
    await world.clock.advanceAsync(LEAF_LIFETIME_MS / 2 + HOUR_MS);
    expect(identity.credentials()).toBe(first);
    expect(world.calls).toBeGreaterThan(60);
    expect(world.calls).toBeLessThan(150);
    expect(world.log.lines.at(-1)).toMatchObject({ level: 'warn', fields: { reason: 'unavailable' } });
    world.answer = undefined;
    await world.clock.advanceAsync(60_000);
    expect(identity.credentials().serial).not.toBe(first.serial);
    identity.stop();
  });

  it('never asks in a busy loop, even when chance and dates are against it', async () => {
    const world = createWorld(0);
    const identity = valueOf(await world.open());
    world.answer = () => Promise.reject(new Error('boom'));
    await world.clock.advanceAsync(0.45 * LEAF_LIFETIME_MS);
    const before = world.calls;
    await world.clock.advanceAsync(10_000);
    expect(world.calls - before).toBeLessThanOrEqual(50);
    expect(world.calls - before).toBeGreaterThan(0);
    identity.stop();
  });

  it('takes no certificate that is another’s, for another key, ended or unreadable', async () => {
    const world = createWorld();
    const other = valueOf(await createWorld().open()).credentials().certificateChain;
    const refused = async (renew: RotatingIdentityOptions['renew'], changes = {}): Promise<string> => {
      const opened = await world.open({ renew, ...changes });
      return opened.ok ? 'accepted' : opened.error.code;
    };
    const issue = (request: Buffer): Promise<Result<string, Fault>> =>
      Promise.resolve(ok(world.authority.issueLeaf(gateway, valueOf(readRequest(request)))));
    expect(await refused(issue)).toBe('accepted');
    expect(await refused(issue, { id: { ...gateway, program: 'controller' } })).toBe('invalid_certificate');
    expect(await refused(() => Promise.resolve(ok(other)))).toBe('invalid_certificate');
    expect(await refused(() => Promise.resolve(ok('junk')))).toBe('invalid_certificate');
    expect(await refused(() => Promise.resolve(away))).toBe('unavailable');
    expect(await refused(() => Promise.reject(new Error('x')))).toBe('unavailable');
    const late = { ...world.clock, now: () => world.clock.now() + 2 * LEAF_LIFETIME_MS };
    expect(await refused(issue, { clock: late })).toBe('certificate_expired');
  });

  it('stops for good, also while it is asking', async () => {
    const world = createWorld();
    const identity = valueOf(await world.open());
    const first = identity.credentials();
    let answer = (_: Result<string, Fault>): void => undefined;
    world.answer = () => new Promise((resolve) => (answer = resolve));
    await world.clock.advanceAsync(LEAF_LIFETIME_MS / 2);
    identity.stop();
    identity.stop();
    answer(away);
    await world.clock.advanceAsync(LEAF_LIFETIME_MS);
    expect(world.calls).toBe(2);
    expect(identity.credentials()).toBe(first);
    expect(world.clock.pending()).toBe(0);
  });
});
