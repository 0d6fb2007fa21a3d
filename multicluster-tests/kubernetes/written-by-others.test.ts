/**
 * What others write into objects of a real cluster, where Isthmus reads or writes a part of them: it stays theirs, and
 * changes nothing else.
 */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { requestsOf } from './audit-log.ts';
import type { Cluster } from './cluster.ts';
import { raiseGround } from './ground.ts';
import { conditionOf, exported, makeNamespace, service, state } from './mcs-objects.ts';
import { startMembers } from './members.ts';
import { planGround } from './plan.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const SOON_MS = 25_000;
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

describe.skipIf(inject('missing').length > 0)('what others write into objects', () => {
  let east: Cluster;

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 1, layout: 'overlapping' }),
      say,
    );
    [east] = ground.clusters as [Cluster];
    await startMembers(ground);
  });
  afterAll(() => tearDown(TEST_GROUNDS.shared));

  const soon = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 300 });

  it('a condition of another controller stays, and makes nobody write again', async () => {
    for (const namespace of ['first', 'later']) await makeNamespace(namespace, [east]);
    await state(east, service('first'), exported('first'));
    await soon(async () => expect(await conditionOf(east, 'first', 'Ready')).toBeDefined());
    const written = (): number =>
      requestsOf(east.plan).filter(
        ({ resource, object }) => resource === 'serviceexports/status' && object === 'first/hello',
      ).length;
    const before = written();
    const seen = { type: 'team.example/Seen', status: 'True', reason: 'Seen', message: '' };
    const status = { conditions: [{ ...seen, lastTransitionTime: '2026-01-01T00:00:00Z' }] };
    const apply = ['apply', '--server-side', '--subresource=status', '--field-manager=reviewer', '-f', '-'];
    await east.kubectl(apply, JSON.stringify({ ...exported('first'), status }));
    // What comes later is told by now, so this would have been written again.
    await state(east, service('later'), exported('later'));
    await soon(async () => expect(await conditionOf(east, 'later', 'Ready')).toBeDefined());
    expect(written()).toBe(before);
    for (const type of ['Valid', 'Ready', 'Conflict', seen.type])
      expect(await conditionOf(east, 'first', type)).toBeDefined();
  });
});
