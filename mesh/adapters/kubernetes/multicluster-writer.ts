/**
 * Brings ServiceImports, and the conditions of ServiceExports, to what they shall be (KEP-1645). It follows both
 * collections, compares each object with what it shall be, and writes only what differs, by server-side apply; so what others
 * change comes back, and what is right costs nothing.
 */
import { sameData } from '../../kit/same-data.ts';
import type { Result } from '../../kit/result.ts';
import { formatFault } from '../../model/fault.ts';
import type { ExportState, MulticlusterState, ServiceImport } from '../../model/multicluster.ts';
import { splitServiceKey, type ServiceKey } from '../../model/names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MulticlusterApi } from '../../ports/multicluster-api.ts';
import type { Random } from '../../ports/random.ts';
import type { ApiClient, ApiFault } from './api-client.ts';
import { isRecord, type ApiObject } from './api-object.ts';
import { applyObject, deleteObject } from './apply.ts';
import { heldConditions, importSpec, importStatus, MANAGED, timedConditions } from './import-objects.ts';
import { createKeyQueue, type KeyQueue } from './key-queue.ts';
import { startReflector, type Reflector, type ReflectorSink } from './reflector.ts';
import { collectionPath, SERVICE_EXPORTS, SERVICE_IMPORTS } from './resources.ts';

export interface MulticlusterWriterOptions {
  readonly api: ApiClient;
  /** Asked before each write: whether this controller is the one that writes. */
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function startMulticlusterWriter(options: MulticlusterWriterOptions): MulticlusterApi {
  const writer = new Writer(options);
  return { show: (state) => writer.show(state), stop: () => writer.stop() };
}

const NOT_FOUND = 404;
/** Looks at everything anew, whatever was told: also after another controller has led. */
const FULL_PASS_MS = 60_000;

type Work = `import ${ServiceKey}` | `export ${ServiceKey}`;

class Writer {
  readonly #options: MulticlusterWriterOptions;
  readonly #imports = new Map<ServiceKey, ApiObject>();
  readonly #exports = new Map<ServiceKey, ApiObject>();
  readonly #queue: KeyQueue<Work>;
  readonly #reflectors: readonly Reflector[];
  readonly #stopPasses: () => void;
  #state: MulticlusterState | undefined;
  /** Nothing is written before it is known what is there. */
  #isSynced = false;

  constructor(options: MulticlusterWriterOptions) {
    this.#options = options;
    const { clock, random } = options;
    this.#queue = createKeyQueue({ clock, random, work: (work) => this.#do(work) });
    this.#reflectors = [
      startReflector({
        ...options,
        path: collectionPath(SERVICE_IMPORTS),
        sink: this.#sink('import', this.#imports),
      }),
      startReflector({
        ...options,
        path: collectionPath(SERVICE_EXPORTS),
        sink: this.#sink('export', this.#exports),
      }),
    ];
    this.#stopPasses = clock.every(FULL_PASS_MS, () => this.#askAll());
    void Promise.all(this.#reflectors.map(({ synced }) => synced)).then(() => {
      this.#isSynced = true;
      this.#askAll();
    });
  }

  show(state: MulticlusterState): void {
    const before = this.#state;
    this.#state = state;
    for (const [what, now, then] of [
      ['import', state.imports, before?.imports],
      ['export', state.exports, before?.exports],
    ] as const)
      for (const key of new Set([...now.keys(), ...(then?.keys() ?? [])]))
        if (!sameData(now.get(key), then?.get(key))) this.#queue.ask(`${what} ${key}`);
  }

  async stop(): Promise<void> {
    this.#stopPasses();
    for (const reflector of this.#reflectors) reflector.stop();
    await this.#queue.stop();
  }

  #sink(what: 'import' | 'export', held: Map<ServiceKey, ApiObject>): ReflectorSink {
    const put = (object: ApiObject): void => {
      held.set(keyOf(object), object);
      this.#queue.ask(`${what} ${keyOf(object)}`);
    };
    return {
      put,
      remove: (object) => {
        held.delete(keyOf(object));
        this.#queue.ask(`${what} ${keyOf(object)}`);
      },
      replace: (objects) => {
        const gone = new Set(held.keys());
        for (const object of objects) {
          gone.delete(keyOf(object));
          put(object);
        }
        for (const key of gone) {
          held.delete(key);
          this.#queue.ask(`${what} ${key}`);
        }
      },
      trouble: () => undefined,
    };
  }

  #askAll(): void {
    for (const key of new Set([...this.#imports.keys(), ...(this.#state?.imports.keys() ?? [])]))
      this.#queue.ask(`import ${key}`);
    for (const key of this.#exports.keys()) this.#queue.ask(`export ${key}`);
  }

  /** False: to be tried again. */
  async #do(work: Work): Promise<boolean> {
    const { mayWrite, log } = this.#options;
    const state = this.#state;
    if (state === undefined || !this.#isSynced || !mayWrite()) return true;
    const [what, key] = work.split(' ') as ['import' | 'export', ServiceKey];
    const done =
      what === 'import'
        ? await this.#bringImport(key, state.imports.get(key))
        : await this.#bringExport(key, state.exports.get(key));
    if (done === undefined || done.ok || done.error.status === NOT_FOUND) return true;
    log.warn('cannot be written to the API server', { what, service: key, detail: formatFault(done.error) });
    return false;
  }

  /** Undefined: it is as it shall be. */
  async #bringImport(key: ServiceKey, wanted: ServiceImport | undefined): Promise<Written> {
    const { api, clock } = this.#options;
    const held = this.#imports.get(key);
    const at = splitServiceKey(key);
    if (wanted === undefined)
      return held === undefined || !isOurs(held) ? undefined : deleteObject(api, SERVICE_IMPORTS, at);
    const { labels, annotations } = wanted;
    const metadata = { labels: { ...labels, ...MANAGED }, annotations };
    const spec = importSpec(wanted);
    if (held === undefined || !isStated(held, { metadata, spec })) {
      const applied = await applyObject(api, { ...at, kind: SERVICE_IMPORTS, metadata, fields: { spec } });
      if (!applied.ok) return applied;
    }
    const { conditions, ...status } = importStatus(wanted);
    const timed = { ...status, conditions: timedConditions(conditions, heldConditions(held), clock.now()) };
    if (held !== undefined && isStated(held, { status: timed })) return undefined;
    return applyObject(api, {
      ...{ ...at, kind: SERVICE_IMPORTS, subresource: 'status', fields: { status: timed } },
    });
  }

  async #bringExport(key: ServiceKey, state: ExportState | undefined): Promise<Written> {
    const held = this.#exports.get(key);
    if (held === undefined || state === undefined) return undefined;
    const { api, clock } = this.#options;
    const counted = state.generation === undefined ? {} : { observedGeneration: state.generation };
    const wanted = state.conditions.map((condition) => ({ ...condition, ...counted }));
    const conditions = timedConditions(wanted, heldConditions(held), clock.now());
    if (isStated(held, { status: { conditions } })) return undefined;
    const fields = { status: { conditions } };
    return applyObject(api, {
      ...splitServiceKey(key),
      kind: SERVICE_EXPORTS,
      subresource: 'status',
      fields,
    });
  }
}

type Written = Result<unknown, ApiFault> | undefined;

function isOurs({ metadata: { labels } }: ApiObject): boolean {
  return isRecord(labels) && Object.entries(MANAGED).every(([name, value]) => labels[name] === value);
}

/** Whether everything that is wanted is there already, as it is wanted; what others added does not matter. */
function isStated(held: unknown, wanted: unknown): boolean {
  if (!isRecord(wanted) || !isRecord(held)) return sameData(held, wanted);
  return Object.entries(wanted).every(([name, value]) => isStated(held[name] ?? absent(value), value));
}

/** An empty map is not kept by the API server. */
function absent(wanted: unknown): unknown {
  return isRecord(wanted) && Object.keys(wanted).length === 0 ? wanted : undefined;
}

function keyOf({ metadata: { namespace = '', name } }: ApiObject): ServiceKey {
  return `${namespace}/${name}` as ServiceKey;
}
