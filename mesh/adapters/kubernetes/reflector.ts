/**
 * Holds a copy of one collection of an API server up to date: a paged list, then a watch from its version, resumed as
 * often as it ends. It lists anew only when the server no longer knows the version (410), or when two tries in a row
 * learned nothing. Whatever the server does, it never asks in a hot loop, and never tells of a list that is not whole.
 */
import type { Fault } from '../../model/fault.ts';
import { fault, formatFault } from '../../model/fault.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { ApiClient, ApiFault } from './api-client.ts';
import { isApiObject, isRecord, type ApiObject } from './api-object.ts';
import { readEvent } from './watch-event.ts';

export interface ReflectorSink {
  /** All objects there are: others that were told before are gone. */
  replace(objects: readonly ApiObject[]): void;
  /** New or changed; perhaps told before. */
  put(object: ApiObject): void;
  remove(object: ApiObject): void;
  /** What is wrong with the collection as a whole, now; `undefined`: nothing. */
  trouble(fault: Fault | undefined): void;
}

export interface ReflectorOptions {
  readonly api: Pick<ApiClient, 'request' | 'watch'>;
  /** `/api/v1/services` */
  readonly path: string;
  /** Selectors of the objects that are followed; absent: all of the collection. */
  readonly query?: Readonly<Record<string, string>>;
  readonly sink: ReflectorSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Without a byte for so long, a watch counts as dead; the server sends a bookmark about each minute. */
  readonly idleMs?: number;
}

export interface Reflector {
  /** Resolves when the first list is told. */
  readonly synced: Promise<void>;
  /** Nothing is told after it. Idempotent. */
  stop(): void;
}

const IDLE_MS = 150_000;
const PAGE = 500;
const MAX_PAGES = 2000;
/** A watch is ended by the server after a time between one and two of these, so that they do not all end at once. */
const WATCH_SECONDS = 300;
const FIRST_PAUSE_MS = 100;
/** Short, because a server that is back should be followed at once, and few ask it. */
const LONGEST_PAUSE_MS = 1500;
const LONGEST_ASKED_PAUSE_MS = 30_000;
/** A watch that lived this long was a good one: the next pause is short again. */
const STEADY_MS = 10_000;
const EXPIRED = 410;
/** Ends of a watch in a row that told nothing new; then a list finds out. */
const FRUITLESS = 2;

export function startReflector(options: ReflectorOptions): Reflector {
  const run = new Reflection(options);
  const { promise: synced, resolve } = Promise.withResolvers<void>();
  void run.loop(resolve);
  return { synced, stop: () => run.stop() };
}

interface WatchEnd {
  readonly failure: ApiFault | undefined;
  /** The server no longer knows the version. */
  readonly expired: boolean;
  /** Events or bookmarks came. */
  readonly fruitful: boolean;
}

class Reflection {
  readonly #options: ReflectorOptions;
  /** Of the collection, as the server counts it; undefined: to be listed. */
  #version: string | undefined;
  #failures = 0;
  #fruitless = 0;
  #stopped = false;
  #interrupt = (): void => undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopped = true;
    this.#interrupt();
  }

  async loop(synced: () => void): Promise<void> {
    while (!this.#stopped) {
      const failure =
        this.#version === undefined ? await this.#relist(synced) : await this.#follow(this.#version);
      if (this.#stopped) return;
      this.#tell(failure);
      await this.#pause(failure?.retryAfterMs);
    }
  }

  async #relist(synced: () => void): Promise<ApiFault | undefined> {
    const listed = await listAll(this.#options, () => this.#stopped);
    if (this.#stopped) return undefined;
    if (!listed.ok) {
      this.#failures += 1;
      return listed.error;
    }
    const { objects, version } = listed.value;
    this.#version = version;
    this.#isolated((sink) => sink.replace(objects));
    this.#tell(undefined);
    synced();
    return this.#follow(version);
  }

  /** Resolves when the watch has ended, and says why if that is worth telling. */
  async #follow(version: string): Promise<ApiFault | undefined> {
    const { clock } = this.#options;
    const began = clock.monotonic();
    const end = await this.#watch(version);
    if (clock.monotonic() - began >= STEADY_MS) this.#failures = 0;
    else this.#failures += 1;
    this.#fruitless = end.fruitful ? 0 : this.#fruitless + 1;
    const isLost = end.failure !== undefined && this.#fruitless >= FRUITLESS;
    if (end.expired || isLost) {
      this.#version = undefined;
      this.#fruitless = 0;
    }
    return end.failure;
  }

  #watch(version: string): Promise<WatchEnd> {
    const { api, path, clock, random } = this.#options;
    return new Promise((resolve) => {
      let [fruitful, over] = [false, false];
      const settle = (failure: ApiFault | undefined): void => {
        over = true;
        idle.stop();
        cancelSteady();
        cancel();
        this.#interrupt = () => undefined;
        const expired = failure?.status === EXPIRED;
        resolve({ failure: expired ? undefined : failure, expired, fruitful });
      };
      const cancelSteady = clock.after(STEADY_MS, () => this.#tell(undefined));
      const idle = this.#idleDeadline(() =>
        settle(fault('unavailable', `API server ${path}`, 'went silent')),
      );
      const timeoutSeconds = Math.round(WATCH_SECONDS * (1 + random.next()));
      const cancel = api.watch({
        path,
        query: {
          ...this.#options.query,
          ...{ watch: 'true', allowWatchBookmarks: 'true', resourceVersion: version },
          timeoutSeconds: String(timeoutSeconds),
        },
        onLine: (line) => {
          // Lines behind one that cannot be read would move the version over it.
          if (over) return;
          idle.restart();
          const failure = this.#take(line);
          if (failure !== undefined) return settle(failure);
          fruitful = true;
          this.#tell(undefined);
        },
        onEnd: (failure) => settle(failure),
      });
      this.#interrupt = () => settle(undefined);
    });
  }

  /** What is wrong with the event. */
  #take(line: string): ApiFault | undefined {
    const { path } = this.#options;
    const event = readEvent(line, path);
    if (event.kind === 'failed') return event.fault;
    this.#version = event.version ?? this.#version;
    if (event.kind === 'put') this.#isolated((sink) => sink.put(event.object));
    if (event.kind === 'removed') this.#isolated((sink) => sink.remove(event.object));
    return undefined;
  }

  /** A handler that throws must not end the watch. */
  #isolated(handle: (sink: ReflectorSink) => void): void {
    try {
      handle(this.#options.sink);
    } catch (cause) {
      this.#options.log.error('a change of the cluster could not be handled', {
        path: this.#options.path,
        cause,
      });
    }
  }

  /** Said once for each outage. */
  #told: string | undefined;
  #tell(failure: ApiFault | undefined): void {
    const { log, path, sink } = this.#options;
    const text = failure === undefined ? undefined : formatFault(failure);
    if (text === this.#told) return;
    this.#told = text;
    this.#isolated(() => sink.trouble(failure));
    if (failure === undefined) log.info('following the API server again', { path });
    else log.warn('cannot follow the API server', { reason: failure.code, path, detail: text });
  }

  #idleDeadline(expired: () => void): { restart(): void; stop(): void } {
    const { clock, idleMs = IDLE_MS } = this.#options;
    let cancel = clock.after(idleMs, expired);
    return {
      restart() {
        cancel();
        cancel = clock.after(idleMs, expired);
      },
      stop: () => cancel(),
    };
  }

  #pause(askedMs = 0): Promise<void> {
    const { clock, random } = this.#options;
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    const pauseMs = Math.max(Math.min(askedMs, LONGEST_ASKED_PAUSE_MS), random.next() * longest);
    return new Promise((resolve) => {
      const cancel = clock.after(pauseMs, resolve);
      this.#interrupt = () => {
        cancel();
        resolve();
      };
    });
  }
}

interface Listed {
  readonly objects: readonly ApiObject[];
  readonly version: string;
}

async function listAll(
  { api, path, query: selectors, log }: ReflectorOptions,
  isStopped: () => boolean,
): Promise<Result<Listed, ApiFault>> {
  const objects: ApiObject[] = [];
  let token = '';
  for (let page = 0; page < MAX_PAGES && !isStopped(); page++) {
    const query = { ...selectors, limit: String(PAGE), ...(token === '' ? {} : { continue: token }) };
    const answer = await api.request({ method: 'GET', path, query });
    if (!answer.ok) return answer;
    const { body } = answer.value;
    const metadata = isRecord(body) ? body['metadata'] : undefined;
    const items = isRecord(body) ? body['items'] : undefined;
    if (!isRecord(metadata) || !Array.isArray(items) || typeof metadata['resourceVersion'] !== 'string')
      return err(fault('io_failed', `API server ${path}`, 'answered with what is no list'));
    const good = items.filter(isApiObject);
    if (good.length < items.length)
      log.warn('objects without a name passed over', { path, count: items.length - good.length });
    objects.push(...good);
    token = typeof metadata['continue'] === 'string' ? metadata['continue'] : '';
    if (token === '') return ok({ objects, version: metadata['resourceVersion'] });
  }
  return err(fault('quota_exceeded', `API server ${path}`, `has over ${MAX_PAGES * PAGE} objects`));
}
