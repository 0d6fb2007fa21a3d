import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { err } from '../../kit/result.ts';
import { fault } from '../../model/fault.ts';
import type { MeshView } from '../../model/mesh-view.ts';
import { createManualClock, type ManualClock } from '../clock/manual-clock.ts';
import { foundMesh, issueIdentity } from '../grpc/testing/test-mesh.ts';
import { createMemoryLog } from '../log/memory-log.ts';
import { connectDiscovery, type DiscoveryOptions } from './connect-discovery.ts';

const east = foundMesh('east');
const identity = issueIdentity(east, '/ns/shop/sa/cart');

interface Away {
  readonly options: DiscoveryOptions;
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof createMemoryLog>;
  /** When each attempt was made. */
  readonly attempts: number[];
}

/** A controller that has not run. */
function away(jitter: () => number, over: Partial<DiscoveryOptions> = {}): Away {
  const clock = createManualClock();
  const log = createMemoryLog();
  const attempts: number[] = [];
  const addresses = (): ReturnType<DiscoveryOptions['addresses']> => {
    attempts.push(clock.monotonic());
    return err(fault('unavailable', 'east', 'no controller has run here'));
  };
  const random = { next: jitter, bytes: (count: number) => new Uint8Array(count) };
  return { options: { addresses, identity, clock, log, random, ...over }, clock, log, attempts };
}

/** Moves the clock on in steps, letting promises settle after each. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let moved = 0; moved < ms; moved += 50) {
    clock.advance(50);
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }
}

describe('a proxy whose controller is away', () => {
  it('tries again after full jitter over 0.2 s, doubling up to 5 s, and says so once', async () => {
    const { options, clock, log, attempts } = away(() => 0.999);
    const discovery = connectDiscovery(options);
    const started = discovery.start(AbortSignal.timeout(60_000)).catch(() => undefined);
    await pass(clock, 30_000);
    const pauses = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0));
    const longest = [200, 400, 800, 1600, 3200, 5000, 5000, 5000];
    for (const [i, pause] of pauses.slice(0, longest.length).entries()) {
      expect(pause).toBeGreaterThan((longest[i] ?? 0) * 0.99);
      expect(pause).toBeLessThanOrEqual((longest[i] ?? 0) + 50);
    }
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(discovery.connected()).toBe(false);
    await discovery.stop();
    const made = attempts.length;
    await pass(clock, 20_000);
    expect(attempts).toHaveLength(made);
    void started;
  });

  it('may come back at any moment of that time, so that proxies do not come together (F5)', async () => {
    const { options, clock, attempts } = away(() => 0.5);
    const discovery = connectDiscovery(options);
    void discovery.start(AbortSignal.timeout(60_000)).catch(() => undefined);
    await pass(clock, 5_000);
    for (const [i, half] of [100, 200, 400, 800].entries()) {
      const pause = (attempts[i + 1] ?? 0) - (attempts[i] ?? 0);
      expect(pause).toBeGreaterThanOrEqual(half);
      expect(pause).toBeLessThanOrEqual(half + 50);
    }
    await discovery.stop();
  });

  it('never waits longer than 5 s, whatever chance says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 0.9999, noNaN: true }), { minLength: 1 }),
        async (draws) => {
          let draw = 0;
          const { options, clock, attempts } = away(() => draws[draw++ % draws.length] ?? 0);
          const discovery = connectDiscovery(options);
          const given = new AbortController();
          const started = discovery.start(given.signal).catch(() => undefined);
          await pass(clock, 15_000);
          await discovery.stop();
          given.abort();
          await started;
          const pauses = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0));
          expect(Math.max(...pauses)).toBeLessThanOrEqual(5050);
          expect(attempts.length).toBeGreaterThan(2);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('gives up waiting for a view when told to, and has none to show', async () => {
    const { options } = away(() => 0.5);
    const discovery = connectDiscovery(options);
    await expect(discovery.start(AbortSignal.abort())).rejects.toThrow(/gave up/);
    expect(() => discovery.view()).toThrow(/no view yet/);
    await discovery.stop();
  });

  it('goes on with the view of its last run, after giving the controller a moment', async () => {
    const self = { mesh: east.mesh, cluster: east.cluster, region: 'eu', zone: 'eu-1' };
    const last: MeshView = { version: 7, self, bundle: east.bundle(), services: new Map(), peers: new Map() };
    const { options, clock } = away(() => 0.5, { lastView: { read: () => last, write: () => undefined } });
    const discovery = connectDiscovery(options);
    const started = discovery.start(AbortSignal.timeout(60_000));
    await pass(clock, 1400);
    expect(() => discovery.view()).toThrow(/no view yet/);
    await pass(clock, 200);
    expect(() => discovery.view()).not.toThrow();
    expect(await started).toBe(last);
    expect(discovery.view()).toBe(last);
    await discovery.stop();
  });
});
