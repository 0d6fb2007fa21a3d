/**
 * Brings objects of an API server to what they shall be. It follows their collections, compares each object with what it
 * shall be, and writes only what differs, by server-side apply; so what others change comes back, and what is right
 * costs nothing. What is no longer wanted is taken away, if Isthmus made it.
 */
import { sameData } from '../../kit/same-data.ts';
import { ok, type Result } from '../../kit/result.ts';
import { fault, formatFault, type Fault } from '../../model/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { Condition } from '../../../crds/condition.ts';
import type { ApiClient, ApiFault } from './api-client.ts';
import { isApiObject, isOurs, isRecord, MANAGED_BY, type ApiObject } from './api-object.ts';
import { applyObject, deleteObject } from './apply.ts';
import type { DesiredObject, NewCondition } from './desired-object.ts';
import { createKeyQueue, type KeyQueue } from './key-queue.ts';
import { startReflector, type Reflector, type ReflectorSink } from './reflector.ts';
import { collectionPath, objectId, type ObjectKind } from './resources.ts';
import { isStated } from './stated.ts';

export interface ObjectWriterOptions {
  readonly api: ApiClient;
  /** The kinds that are written. */
  readonly kinds: readonly ObjectKind[];
  /** Asked before each write: whether this controller is the one that writes. */
  readonly mayWrite: () => boolean;
  /** Told of each object of these kinds as it is seen; undefined: it is gone. */
  readonly onSeen?: (id: string, object: ApiObject | undefined) => void;
  /** Told when `faults` are others than before. */
  readonly onFaults?: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface ObjectWriter {
  /** All objects that shall be from now on, by `objectId`. */
  want(objects: ReadonlyMap<string, DesiredObject>): void;
  /** Names of wanted objects that somebody else has taken: those objects are left as they are. */
  faults(): readonly Fault[];
  /** Looks at everything anew: `mayWrite` has become true. */
  review(): void;
  /** Resolves when nothing is left to write that does not wait after a failure. */
  settled(): Promise<void>;
  /** Nothing is written after it. Idempotent. */
  stop(): Promise<void>;
}

const NOT_FOUND = 404;
/** Looks at everything anew, whatever was told. */
const FULL_PASS_MS = 60_000;

export function startObjectWriter(options: ObjectWriterOptions): ObjectWriter {
  const writer = new Writer(options);
  return {
    want: (objects) => writer.want(objects),
    faults: () => writer.faults(),
    review: () => writer.review(),
    settled: () => writer.settled(),
    stop: () => writer.stop(),
  };
}

interface Held {
  readonly kind: ObjectKind;
  readonly object: ApiObject;
}

type Written = Result<unknown, ApiFault> | undefined;

class Writer {
  /** Somebody else's objects in the place of wanted ones, by their ids. */
  readonly #taken = new Map<string, Fault>();
  readonly #options: ObjectWriterOptions;
  readonly #held = new Map<string, Held>();
  readonly #queue: KeyQueue<string>;
  readonly #reflectors: readonly Reflector[];
  readonly #synced: Promise<unknown>;
  readonly #stopPasses: () => void;
  #wanted: ReadonlyMap<string, DesiredObject> | undefined;
  /** Nothing is written before it is known what is there. */
  #isSynced = false;

  constructor(options: ObjectWriterOptions) {
    this.#options = options;
    const { clock, random, kinds } = options;
    this.#queue = createKeyQueue({ clock, random, work: (id) => this.#bring(id) });
    this.#reflectors = kinds.map((kind) =>
      startReflector({
        ...{ ...options, path: collectionPath(kind), sink: this.#sinkOf(kind) },
        ...(kind.selector === undefined ? {} : { query: kind.selector }),
      }),
    );
    this.#stopPasses = clock.every(FULL_PASS_MS, () => this.review());
    this.#synced = Promise.all(this.#reflectors.map(({ synced }) => synced)).then(() => {
      this.#isSynced = true;
      this.review();
    });
  }

  want(objects: ReadonlyMap<string, DesiredObject>): void {
    const before = this.#wanted;
    this.#wanted = objects;
    for (const id of new Set([...objects.keys(), ...(before?.keys() ?? [])]))
      if (!sameData(objects.get(id), before?.get(id))) this.#queue.ask(id);
  }

  faults(): readonly Fault[] {
    return [...this.#taken.values()];
  }

  async settled(): Promise<void> {
    await this.#synced;
    await this.#queue.settled();
  }

  async stop(): Promise<void> {
    this.#stopPasses();
    for (const reflector of this.#reflectors) reflector.stop();
    await this.#queue.stop();
  }

  review(): void {
    for (const id of new Set([...this.#held.keys(), ...(this.#wanted?.keys() ?? [])])) this.#queue.ask(id);
  }

  #sinkOf(kind: ObjectKind): ReflectorSink {
    const put = (object: ApiObject): void => {
      const id = objectId(kind, object.metadata);
      this.#held.set(id, { kind, object });
      this.#options.onSeen?.(id, object);
      this.#queue.ask(id);
    };
    const remove = (id: string): void => {
      this.#held.delete(id);
      this.#options.onSeen?.(id, undefined);
      this.#queue.ask(id);
    };
    return {
      put,
      remove: (object) => remove(objectId(kind, object.metadata)),
      replace: (objects) => {
        const ids = new Set(objects.map((object) => objectId(kind, object.metadata)));
        for (const [id, held] of this.#held) if (held.kind === kind && !ids.has(id)) remove(id);
        objects.forEach(put);
      },
      trouble: () => undefined,
    };
  }

  /** False: to be tried again. */
  async #bring(id: string): Promise<boolean> {
    const { mayWrite, log } = this.#options;
    if (this.#wanted === undefined || !this.#isSynced || !mayWrite()) return true;
    const wanted = this.#wanted.get(id);
    const found = await this.#find(id, wanted);
    const written = found.ok ? await this.#write(id, wanted, found.value) : found;
    if (written === undefined || written.ok || isGone(written.error)) return true;
    log.warn('cannot be written to the API server', { object: id, detail: formatFault(written.error) });
    return false;
  }

  /** What is there. Of a kind that is followed by labels nobody tells of one that has others: it is looked for. */
  async #find(id: string, wanted: DesiredObject | undefined): Promise<Result<Held | undefined, ApiFault>> {
    const held = this.#held.get(id);
    if (held !== undefined || wanted?.kind.selector?.['labelSelector'] === undefined) return ok(held);
    const { kind, name, namespace } = wanted;
    const query = { fieldSelector: `metadata.name=${name}` };
    const path = collectionPath(kind, namespace);
    const listed = await this.#options.api.request({ method: 'GET', path, query });
    if (!listed.ok) return listed;
    const items = isRecord(listed.value.body) ? listed.value.body['items'] : undefined;
    const object: unknown = Array.isArray(items) ? items[0] : undefined;
    return ok(isApiObject(object) ? { kind, object } : undefined);
  }

  async #write(id: string, wanted: DesiredObject | undefined, held: Held | undefined): Promise<Written> {
    const isTaken = wanted !== undefined && held !== undefined && !isForUs(held);
    this.#noteTaken(id, isTaken);
    if (isTaken || !this.#options.mayWrite()) return undefined;
    return wanted === undefined ? this.#takeAway(held) : this.#state(wanted, held?.object);
  }

  /** It is told once, and again when it was away meanwhile. */
  #noteTaken(id: string, isTaken: boolean): void {
    if (isTaken === this.#taken.has(id)) return;
    if (isTaken) {
      const found = fault(
        'already_exists',
        id,
        'somebody else made it, so it is left as it is; the mesh makes its own when it is gone',
      );
      this.#options.log.warn('is left as it is: somebody else made it', { object: id });
      this.#taken.set(id, found);
    } else this.#taken.delete(id);
    this.#options.onFaults?.();
  }

  async #takeAway(held: Held | undefined): Promise<Written> {
    if (held === undefined || held.kind.isForeign === true || !isOurs(held.object)) return undefined;
    const { name, namespace } = held.object.metadata;
    return deleteObject(this.#options.api, held.kind, {
      name,
      ...(namespace === undefined ? {} : { namespace }),
    });
  }

  /** Undefined: it is as it shall be. */
  async #state(wanted: DesiredObject, held: ApiObject | undefined): Promise<Written> {
    const { api, clock } = this.#options;
    const { kind, name, namespace, labels, annotations, spec, rest } = wanted;
    const { isForeign } = kind;
    const at = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
    if (isForeign === true && held === undefined) return undefined;
    if (isForeign !== true) {
      const metadata = {
        labels: { ...labels, ...MANAGED_BY },
        ...(annotations === undefined ? {} : { annotations }),
      };
      const fields = { ...(spec === undefined ? {} : { spec }), ...rest };
      if (!isStated(held, { metadata, ...fields })) {
        const applied = await applyObject(api, { ...at, metadata, fields });
        if (!applied.ok) return applied;
      }
    }
    const status = statusOf(wanted, held, clock.now());
    if (status === undefined || isStated(held, { status }, 'status')) return undefined;
    return applyObject(api, { ...at, subresource: 'status', fields: { status } });
  }
}

/** Whether Isthmus writes it: objects that it made, and the status of kinds whose objects others make. */
function isForUs({ kind, object }: Held): boolean {
  return kind.isForeign === true || isOurs(object);
}

/** What is not there any more, or whose namespace is not or ends, needs nothing. */
function isGone({ status, body }: ApiFault): boolean {
  const details = isRecord(body) && isRecord(body['details']) ? body['details'] : {};
  const causes: readonly unknown[] = Array.isArray(details['causes']) ? details['causes'] : [];
  const isEnding = causes.some((cause) => isRecord(cause) && cause['reason'] === 'NamespaceTerminating');
  return status === NOT_FOUND || isEnding;
}

/** Undefined: its kind has none. */
function statusOf(
  { status, conditions }: DesiredObject,
  held: ApiObject | undefined,
  nowMs: number,
): Readonly<Record<string, unknown>> | undefined {
  if (conditions === undefined) return status;
  return { ...status, conditions: timedConditions(conditions, heldConditions(held), nowMs) };
}

/** Each with the time since which its status has been the same, by what is held of the object. */
function timedConditions(
  wanted: readonly NewCondition[],
  held: readonly Condition[],
  nowMs: number,
): readonly Condition[] {
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return wanted.map((condition) => {
    const before = held.find(({ type }) => type === condition.type);
    const isSame = before?.status === condition.status;
    return { ...condition, lastTransitionTime: isSame ? before.lastTransitionTime : now };
  });
}

/** The conditions that an object has; what is none is left out. */
function heldConditions(object: ApiObject | undefined): readonly Condition[] {
  const status = object?.['status'];
  const conditions = isRecord(status) ? status['conditions'] : undefined;
  return Array.isArray(conditions) ? (conditions.filter(isRecord) as unknown as Condition[]) : [];
}
