import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatFault, type Fault } from '../../model/fault.ts';
import type { Log } from '../../ports/log.ts';
import { systemClock } from '../clock/system-clock.ts';
import { createApiClient, type ApiClient } from './api-client.ts';
import type { ApiObject } from './api-object.ts';
import { startReflector, type Reflector, type ReflectorOptions } from './reflector.ts';
import { COLLECTION, eventLine, startScriptedApi, status, type ScriptedApi } from './testing/scripted-api.ts';

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent, with: () => log };

let api: ScriptedApi;
let client: ApiClient;
let reflector: Reflector;
let held: Map<string, string>;
let troubles: (Fault | undefined)[];
/** How many objects each list told of. */
let lists: number[];

beforeEach(async () => {
  api = await startScriptedApi();
  client = createApiClient({ server: api.server, credentials: () => Promise.resolve({ headers: {} }) });
  [held, troubles, lists] = [new Map(), [], []];
});
afterEach(async () => {
  reflector.stop();
  client.stop();
  await api.stop();
});

const put = ({ metadata: { name, resourceVersion = '' } }: ApiObject): unknown =>
  held.set(name, resourceVersion);

/** `chance` 1: every pause takes as long as it may; 0: none. */
function reflect(options: Partial<ReflectorOptions> = {}, chance = 0.05): void {
  reflector = startReflector({
    ...{ api: client, path: COLLECTION, clock: systemClock, log },
    random: { next: () => chance, bytes: () => new Uint8Array() },
    sink: {
      replace(objects) {
        lists.push(objects.length);
        held.clear();
        objects.forEach(put);
      },
      put,
      remove: ({ metadata: { name } }) => void held.delete(name),
      trouble: (fault) => void troubles.push(fault),
    },
    ...options,
  });
}

const follows = (timeout = 2000): Promise<void> =>
  vi.waitFor(() => expect(held).toEqual(api.objects()), { timeout, interval: 5 });
const watched = (times: number): Promise<void> =>
  vi.waitFor(() => expect(api.count('watch')).toBeGreaterThanOrEqual(times), { timeout: 5000, interval: 5 });

/** Opens a watch that says so much, and is the test's own then. */
function speaking(text: string): { opened: Promise<ServerResponse> } {
  const { promise: opened, resolve } = Promise.withResolvers<ServerResponse>();
  api.next('watch', (response) => {
    response.writeHead(200).write(text);
    resolve(response);
  });
  return { opened };
}

describe('a reflector', () => {
  it('lists page by page, then follows from the version of the list', async () => {
    for (let i = 0; i < 1201; i++) api.put(`thing-${i}`);
    reflect();
    await reflector.synced;
    expect(held).toEqual(api.objects());
    expect(api.count('list')).toBe(3);
    expect(lists).toEqual([1201]);
    await watched(1);
    api.put('thing-0');
    api.put('new');
    api.remove('thing-1');
    await follows();
    expect({ lists: api.count('list'), watches: api.count('watch') }).toEqual({ lists: 3, watches: 1 });
  });

  it('tells nothing of a list that is not whole (F2)', async () => {
    for (let i = 0; i < 600; i++) api.put(`thing-${i}`);
    reflect();
    await reflector.synced;
    await watched(1);
    api.compact();
    api.next('list', (response) => {
      response.end(JSON.stringify({ metadata: { resourceVersion: '900', continue: '1' }, items: [] }));
    });
    api.next('list', status(500));
    api.toWatches((response) => response.end());
    await vi.waitFor(() => expect(api.count('list')).toBeGreaterThanOrEqual(6), { timeout: 5000 });
    await vi.waitFor(() => expect(lists).toEqual([600, 600]), { timeout: 5000 });
    expect(held).toEqual(api.objects());
  });

  it.each([
    ['when a watch is opened', () => api.next('watch', status(410))],
    [
      'in the middle of a watch',
      () => {
        const line = JSON.stringify({
          type: 'ERROR',
          object: { kind: 'Status', code: 410, message: 'too old' },
        });
        api.next('watch', (response) => response.writeHead(200).end(`${line}\n`));
      },
    ],
  ])('lists once more when the server has forgotten its version, %s (F17)', async (_when, forget) => {
    api.put('cart');
    api.put('web');
    reflect();
    await reflector.synced;
    await watched(1);
    forget();
    api.toWatches((response) => response.destroy());
    api.remove('web');
    await vi.waitFor(() => expect(api.count('list')).toBe(2), { timeout: 5000 });
    await follows();
    expect(lists).toEqual([2, 1]);
  });

  it('goes on from the last whole event when one is cut off', async () => {
    api.put('cart');
    const cut = speaking(`${eventLine('ADDED', 'extra', '101')}{"type":"ADDED","obj`);
    reflect();
    (await cut.opened).destroy();
    await watched(2);
    expect(api.requests.at(-1)?.query.get('resourceVersion')).toBe('101');
    expect(api.count('list')).toBe(1);
  });

  it('takes nothing behind an event that it cannot read, and lists when that comes again', async () => {
    api.put('cart');
    const bad = `no json\n${eventLine('ADDED', 'behind', '999')}`;
    const first = speaking(bad);
    const second = speaking(bad);
    reflect();
    await first.opened;
    await second.opened;
    await vi.waitFor(() => expect(api.count('list')).toBe(2), { timeout: 5000 });
    await follows();
    const [, again] = api.requests.filter(({ kind }) => kind === 'watch');
    expect(again?.query.get('resourceVersion')).toBe('101');
    expect(troubles.map((fault) => fault && formatFault(fault))[0]).toContain('no JSON object');
  });

  it('gives a watch up that has gone silent', async () => {
    api.put('cart');
    const silentWatch = speaking('');
    reflect({ idleMs: 150 });
    await silentWatch.opened;
    api.put('web');
    await follows();
    expect(api.count('list')).toBe(1);
  });

  it('waits as long as a server asks that has too much to do', async () => {
    api.next('list', status(429, { 'retry-after': '1' }));
    reflect({}, 0);
    await reflector.synced;
    const [first, second] = api.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('asks no more often than its pauses allow, however the server behaves', async () => {
    for (let i = 0; i < 50; i++) api.next('watch', (response) => response.writeHead(200).end());
    reflect({}, 1);
    await reflector.synced;
    const began = performance.now();
    await watched(4);
    // Pauses of 200, 400 and 800 ms lie between them.
    expect(performance.now() - began).toBeGreaterThanOrEqual(1300);
    expect(api.count('list')).toBe(1);
  });

  it('lists at most once for each pause when every version is unknown', async () => {
    for (let i = 0; i < 50; i++) api.next('watch', status(410));
    reflect({}, 1);
    await vi.waitFor(() => expect(api.count('list')).toBe(4), { timeout: 5000 });
    const [first, , , fourth] = api.requests.filter(({ kind }) => kind === 'list');
    expect((fourth?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1300);
  });

  it('takes what comes twice, and goes on when a handler throws', async () => {
    const heard: string[] = [];
    reflect({
      sink: {
        replace: silent,
        put({ metadata: { name } }) {
          heard.push(name);
          throw new Error('a handler with a fault');
        },
        ...{ remove: silent, trouble: silent },
      },
    });
    await reflector.synced;
    await watched(1);
    api.put('cart');
    api.toWatches((response) => response.write(eventLine('MODIFIED', 'cart', '101')));
    api.put('web');
    await vi.waitFor(() => expect(heard).toEqual(['cart', 'cart', 'web']));
    expect(api.count('watch')).toBe(1);
  });

  it('says what is wrong once, and when it is over', async () => {
    api.next('list', status(403));
    api.next('list', status(403));
    reflect();
    await reflector.synced;
    expect(troubles.map((fault) => fault?.code)).toEqual(['api_refused', undefined]);
  });

  it('tells nothing after it was stopped', async () => {
    reflect();
    await reflector.synced;
    await watched(1);
    reflector.stop();
    api.put('late');
    // By the time that the server has answered this, it has sent that.
    await client.request({ method: 'GET', path: COLLECTION });
    expect(held.size).toBe(0);
    expect(api.requests).toHaveLength(3);
  });

  it.each([1, 2, 3])(
    'has the state of the server soon after any storm of faults ends (storm %i)',
    async (seed) => {
      let state = seed * 2654435761;
      const draw = (below: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      reflect({ idleMs: 300 }, 0.3);
      for (let step = 0; step < 120; step++) {
        const name = `thing-${draw(20)}`;
        if (draw(3) === 0) api.remove(name);
        else api.put(name);
        const faults = [
          () => api.next('watch', status(410)),
          () => api.next('watch', status(500)),
          () => api.next('watch', (response) => response.destroy()),
          () => api.next('list', status(429, { 'retry-after': '0' })),
          () => api.next('list', (response) => response.writeHead(200).end('{"items":')),
          () => api.toWatches((response) => response.end('{"type":"ADD')),
          () => api.toWatches((response) => response.destroy()),
          () => api.compact(),
        ];
        if (draw(4) === 0) faults[draw(faults.length)]?.();
        await new Promise((resolve) => setTimeout(resolve, draw(12)));
      }
      api.heal();
      await follows(2000);
    },
  );
});
