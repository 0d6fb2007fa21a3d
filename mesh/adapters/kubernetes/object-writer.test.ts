import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../clock/manual-clock.ts';
import { createMemoryLog, type MemoryLog } from '../log/memory-log.ts';
import { createSeededRandom } from '../random/seeded-random.ts';
import { MANAGED_BY } from './api-object.ts';
import type { DesiredObject } from './desired-object.ts';
import { startObjectWriter, type ObjectWriter, type ObjectWriterOptions } from './object-writer.ts';
import { objectId, SERVICE_EXPORTS, SERVICE_IMPORTS, SERVICES } from './resources.ts';
import { createMemoryApi, type MemoryApi } from './testing/memory-api.ts';

const FULL_PASS_MS = 60_000;
const CART = { namespace: 'shop', name: 'cart' };
const IMPORT: DesiredObject = { kind: SERVICE_IMPORTS, ...CART, spec: { type: 'Headless', ports: [] } };
const READY = { type: 'Ready', status: 'True', reason: 'Exported', message: 'offered' } as const;
const EXPORT: DesiredObject = { kind: SERVICE_EXPORTS, ...CART, conditions: [READY] };
const ours = { metadata: { labels: MANAGED_BY }, spec: IMPORT.spec };
const foreign = { spec: { type: 'ClusterSetIP', ports: [] } };

let api: MemoryApi;
let clock: ManualClock;
let log: MemoryLog;
let writer: ObjectWriter;

beforeEach(() => {
  [api, clock, log] = [createMemoryApi(), createManualClock(), createMemoryLog()];
});
afterEach(() => writer.stop());

function start(options: Partial<ObjectWriterOptions> = {}): void {
  const random = createSeededRandom(1);
  const kinds = [SERVICE_IMPORTS, SERVICE_EXPORTS];
  writer = startObjectWriter({ ...{ api, kinds, mayWrite: () => true, clock, random, log }, ...options });
}

/** Until nothing is left to do, a full pass among it. */
async function want(...objects: readonly DesiredObject[]): Promise<void> {
  writer.want(new Map(objects.map((object) => [objectId(object.kind, object), object])));
  await clock.advanceAsync(FULL_PASS_MS);
  await writer.settled();
}

describe('a writer of objects', () => {
  it('makes what is wanted, once, and takes it away when it is not wanted any more', async () => {
    start();
    await want(IMPORT);
    expect(api.object(SERVICE_IMPORTS, CART)).toMatchObject(ours);
    await want(IMPORT);
    expect(api.writes).toHaveLength(1);
    await want();
    expect(api.object(SERVICE_IMPORTS, CART)).toBeUndefined();
  });

  it('takes back what somebody else changes of it, and leaves alone what they add', async () => {
    start();
    await want(IMPORT);
    const theirs = { metadata: { labels: { team: 'a' } }, spec: { type: 'ClusterSetIP' } };
    api.apply('kubectl', { kind: SERVICE_IMPORTS, ...CART, fields: theirs });
    await want(IMPORT);
    expect(api.object(SERVICE_IMPORTS, CART)).toMatchObject({
      ...{ metadata: { labels: { ...MANAGED_BY, team: 'a' } }, spec: { type: 'Headless' } },
    });
  });

  it('takes away what an earlier controller made and nobody wants', async () => {
    api.apply('isthmus', { kind: SERVICE_IMPORTS, ...CART, fields: ours });
    start();
    await want();
    expect(api.object(SERVICE_IMPORTS, CART)).toBeUndefined();
  });

  it('writes the status of what others make, and neither makes nor takes away any of it', async () => {
    start();
    await want(EXPORT);
    expect(api.writes).toEqual([]);
    api.apply('kubectl', { kind: SERVICE_EXPORTS, ...CART, fields: {} });
    await want(EXPORT);
    const lastTransitionTime = new Date(clock.now() - FULL_PASS_MS).toISOString().replace('.000', '');
    expect(api.object(SERVICE_EXPORTS, CART)?.['status']).toEqual({
      conditions: [{ ...READY, lastTransitionTime }],
    });
    await want();
    expect(api.object(SERVICE_EXPORTS, CART)).toBeDefined();
  });

  it('writes nothing while another controller is the one that writes', async () => {
    let mayWrite = false;
    start({ mayWrite: () => mayWrite });
    await want(IMPORT);
    expect(api.writes).toEqual([]);
    mayWrite = true;
    writer.review();
    await writer.settled();
    expect(api.object(SERVICE_IMPORTS, CART)).toMatchObject(ours);
  });
});

it('nothing is written by who lost the right to while it looked whether a name is taken', async () => {
  const kind = { ...SERVICES, selector: { labelSelector: 'app.kubernetes.io/managed-by=isthmus' } };
  let mayWrite = true;
  const request: MemoryApi['request'] = (asked) => {
    if (asked.query?.['fieldSelector'] !== undefined) mayWrite = false;
    return api.request(asked);
  };
  start({ api: { ...api, request }, kinds: [kind], mayWrite: () => mayWrite });
  await want({ kind, ...CART, spec: { type: 'ClusterIP' } });
  expect([mayWrite, api.writes]).toEqual([false, []]);
});

describe('what others add to an object, and what is not wanted of it any more', () => {
  const VALID = { type: 'Valid', status: 'True', reason: 'Valid', message: 'it is there' } as const;
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const theirs = { type: 'team.example/Reviewed', status: 'True', reason: 'Seen', message: '' };
  const typesOf = (): unknown[] => {
    const { conditions } = api.object(SERVICE_EXPORTS, CART)?.['status'] as {
      readonly conditions: readonly { readonly type: string }[];
    };
    return conditions.map(({ type }) => type).sort();
  };
  const review = (): void => {
    const status = { conditions: [{ ...theirs, lastTransitionTime }] };
    api.apply('reviewer', { kind: SERVICE_EXPORTS, ...CART, fields: { status }, subresource: 'status' });
  };

  it('a condition of another controller stays, and makes nobody write again', async () => {
    api.apply('kubectl', { kind: SERVICE_EXPORTS, ...CART, fields: {} });
    review();
    start();
    await want(EXPORT);
    expect(typesOf()).toEqual(['Ready', 'team.example/Reviewed']);
    await want(EXPORT);
    await want(EXPORT);
    expect(api.writes).toHaveLength(1);
  });

  it('a condition that is not wanted any more goes, and no other', async () => {
    api.apply('kubectl', { kind: SERVICE_EXPORTS, ...CART, fields: {} });
    start();
    await want({ ...EXPORT, conditions: [VALID, READY] });
    review();
    await want(EXPORT);
    expect(typesOf()).toEqual(['Ready', 'team.example/Reviewed']);
  });

  it('a label that is not wanted any more goes, and no other', async () => {
    start();
    await want({ ...IMPORT, labels: { tier: 'gold', app: 'cart' } });
    api.apply('kubectl', { kind: SERVICE_IMPORTS, ...CART, fields: { metadata: { labels: { team: 'a' } } } });
    await want({ ...IMPORT, labels: { app: 'cart' } });
    expect(api.object(SERVICE_IMPORTS, CART)?.metadata['labels']).toEqual({
      ...{ ...MANAGED_BY, app: 'cart', team: 'a' },
    });
  });
});

describe('an object that somebody else made under the name of a wanted one', () => {
  it('is left as it is, and told of until it is gone', async () => {
    api.apply('other', { kind: SERVICE_IMPORTS, ...CART, fields: foreign });
    const held = api.object(SERVICE_IMPORTS, CART);
    const told: number[] = [];
    start({ onFaults: () => told.push(writer.faults().length) });
    await want(IMPORT);
    expect(api.object(SERVICE_IMPORTS, CART)).toEqual(held);
    expect(writer.faults()).toMatchObject([{ code: 'already_exists', subject: 'ServiceImport shop/cart' }]);
    expect(log.lines.map(({ fields }) => fields)).toEqual([{ object: 'ServiceImport shop/cart' }]);
    api.remove(SERVICE_IMPORTS, CART);
    await want(IMPORT);
    expect(api.object(SERVICE_IMPORTS, CART)).toMatchObject(ours);
    expect([writer.faults(), told]).toEqual([[], [1, 0]]);
  });

  it('is left as it is without the labels by which its kind is followed, too', async () => {
    const kind = { ...SERVICES, selector: { labelSelector: 'app.kubernetes.io/managed-by=isthmus' } };
    const wanted = { kind, ...CART, spec: { type: 'ClusterIP' } };
    const theirs = { spec: { selector: { app: 'cart' } } };
    api.apply('other', { kind, ...CART, fields: theirs });
    start({ kinds: [kind] });
    await want(wanted);
    expect(writer.faults()).toMatchObject([{ subject: 'Service shop/cart' }]);
    expect(api.writes).toEqual([]);
    api.remove(kind, CART);
    await want(wanted);
    expect(api.object(kind, CART)?.['spec']).toEqual(wanted.spec);
    expect(writer.faults()).toEqual([]);
  });

  it('is no trouble any more when nothing is wanted there, and stays', async () => {
    api.apply('other', { kind: SERVICE_IMPORTS, ...CART, fields: foreign });
    start();
    await want(IMPORT);
    await want();
    expect(writer.faults()).toEqual([]);
    expect(api.object(SERVICE_IMPORTS, CART)).toMatchObject(foreign);
  });

  it('is never written to nor taken away, whatever comes and goes', async () => {
    const names = fc.subarray(['cart', 'till', 'web', 'lead']);
    await fc.assert(
      fc.asyncProperty(names, fc.array(names, { maxLength: 4 }), async (taken, wishes) => {
        api = createMemoryApi();
        for (const name of taken)
          api.apply('other', { kind: SERVICE_IMPORTS, namespace: 'shop', name, fields: foreign });
        start();
        for (const wished of wishes) {
          await want(...wished.map((name) => ({ ...IMPORT, name })));
          expect(
            writer
              .faults()
              .map(({ subject }) => subject)
              .sort(),
          ).toEqual(
            wished
              .filter((name) => taken.includes(name))
              .map((name) => `ServiceImport shop/${name}`)
              .sort(),
          );
        }
        await writer.stop();
        const written = new Set(api.writes.map((write) => write.split('/').at(-1)));
        expect(taken.filter((name) => written.has(name))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
