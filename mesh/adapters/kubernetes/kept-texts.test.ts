import { describe, expect, it } from 'vitest';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { createManualClock, type ManualClock } from '../clock/manual-clock.ts';
import { createMemoryLog } from '../log/memory-log.ts';
import { createSeededRandom } from '../random/seeded-random.ts';
import { allOf, openKeptTexts, type KeptTexts } from './kept-texts.ts';

interface Site {
  readonly texts: KeptTexts;
  readonly clock: ManualClock;
  /** What was kept, write by write. */
  readonly writes: Readonly<Record<string, string | undefined>>[];
  answer: Result<unknown, Fault>;
  leads: boolean;
}

function open(held: Readonly<Record<string, string>> = {}): Site {
  const clock = createManualClock();
  const site: Omit<Site, 'texts'> = { clock, writes: [], answer: ok(undefined), leads: true };
  const texts = openKeptTexts({
    ...{ clock, random: createSeededRandom(1), log: createMemoryLog(), what: 'Secret trust' },
    ...{ held: new Map(Object.entries(held)), mayWrite: () => site.leads },
    keep(changes) {
      const { answer } = site;
      if (answer.ok) site.writes.push(Object.fromEntries(changes));
      return Promise.resolve(answer.ok ? new Map() : allOf(changes.keys(), answer.error));
    },
  });
  return Object.assign(site, { texts });
}

describe('texts that are kept in an API server', () => {
  it('are read at once, and kept in one go if they were changed in one go', async () => {
    const { texts, writes } = open({ old: 'held', gone: 'held' });
    texts.set('key', 'of the root');
    texts.set('certificate', 'of the root');
    texts.set('gone', undefined);
    expect([texts.get('key'), texts.get('old'), texts.get('gone')]).toEqual([
      'of the root',
      'held',
      undefined,
    ]);
    expect(texts.names()).toEqual(['certificate', 'key', 'old']);
    expect(await texts.flush()).toEqual(ok(undefined));
    expect(writes).toEqual([{ key: 'of the root', certificate: 'of the root', gone: undefined }]);
  });

  it('are not written when nothing has changed', async () => {
    const { texts, writes } = open({ key: 'same' });
    texts.set('key', 'same');
    expect(await texts.flush()).toEqual(ok(undefined));
    expect(writes).toEqual([]);
  });

  it('do not count as kept before they are, and are tried again', async () => {
    const site = open();
    site.answer = err(fault('unavailable', 'API server', 'is away'));
    site.texts.set('key', 'new');
    expect(await site.texts.flush()).toMatchObject({ ok: false, error: { message: 'is away' } });
    site.answer = ok(undefined);
    await site.clock.advanceAsync(1_000);
    expect(site.writes).toEqual([{ key: 'new' }]);
    expect(await site.texts.flush()).toEqual(ok(undefined));
  });

  it('are not written while another controller leads', async () => {
    const site = open();
    site.leads = false;
    site.texts.set('key', 'of a controller that was overtaken');
    expect(await site.texts.flush()).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(site.writes).toEqual([]);
  });

  it('are not tried again while they can never be kept, but as soon as they change', async () => {
    const site = open();
    const why = fault('quota_exceeded', 'ConfigMap state', 'is too large');
    let tries = 0;
    const texts = openKeptTexts({
      ...{ clock: site.clock, random: createSeededRandom(1), log: createMemoryLog(), what: 'ConfigMaps' },
      ...{ held: new Map(), mayWrite: () => true },
      keep(changes) {
        tries += 1;
        const large = [...changes].filter(([, text]) => text === 'large').map(([name]) => name);
        return Promise.resolve(allOf(large, { ...why, isFinal: true }));
      },
    });
    texts.set('catalog', 'large');
    texts.set('epoch', '1');
    expect(await texts.flush()).toEqual(err({ ...why, isFinal: true }));
    await site.clock.advanceAsync(3_600_000);
    expect(tries).toBe(1);
    texts.set('catalog', 'small');
    expect(await texts.flush()).toEqual(ok(undefined));
    expect(tries).toBe(2);
  });
});
