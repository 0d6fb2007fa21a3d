/** The objects of an API server as reflectors tell of them, and the state of the cluster that follows. */
import type { Place } from '../../../crds/kind.ts';
import type { ParseOutcome } from '../../../crds/parse-manifest.ts';
import { sameData } from '../../kit/same-data.ts';
import type { Fault } from '../../model/fault.ts';
import { splitServiceKey, type ServiceKey } from '../../model/names.ts';
import type { Reading } from '../../model/reading.ts';
import type { PodSlice } from '../../model/service.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectMemory } from '../objects/object-memory.ts';
import { openPublishedObjects, type PodFacts, type PublishedObjects } from '../objects/published-objects.ts';
import { collectContent, type SourceContent } from '../objects/source-content.ts';
import type { ApiObject } from './api-object.ts';
import type { ReflectorSink } from './reflector.ts';
import { readObject } from './read-object.ts';
import { readingOf } from './reading-of.ts';
import { addressesOf, ENDPOINT_SLICES, readPodSlice, SERVICE_EXPORTS, type Resource } from './resources.ts';

export interface ApiObjects extends Pick<PublishedObjects, 'snapshot' | 'subscribe'> {
  /** Where the reflector of this collection tells what it sees. */
  sinkOf(resource: Resource): ReflectorSink;
  /** Publishes for the first time, and from now on. */
  open(): void;
  /** Publishes what is held now, if it is open. */
  publish(): void;
  /** Nothing is published after it. */
  stop(): void;
}

export interface ApiObjectsOptions {
  readonly place: Place;
  readonly clock: Clock;
}

interface Held {
  readonly kind: string;
  readonly version: string | undefined;
  /** Milliseconds since the epoch, as the API server states it. */
  readonly createdAt: number;
  readonly content: SourceContent;
  readonly reading: Reading | undefined;
}

interface HeldPods {
  readonly service: ServiceKey;
  readonly slice: PodSlice;
}

/** Changes that come together are published together. */
const SETTLE_MS = 10;

export function openApiObjects(options: ApiObjectsOptions): ApiObjects {
  const objects = new Objects(options);
  return {
    ...{ snapshot: objects.snapshot, subscribe: objects.subscribe },
    ...{
      sinkOf: (resource) => objects.sinkOf(resource),
      open: () => objects.open(),
      publish: () => objects.publish(),
      stop: () => objects.stop(),
    },
  };
}

class Objects {
  readonly #options: ApiObjectsOptions;
  readonly #held = new Map<string, Held>();
  /** Of EndpointSlices, by the same names. */
  readonly #pods = new Map<string, HeldPods>();
  /** Of Services and EndpointSlices of every namespace, by the same names. */
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #troubles = new Map<string, Fault>();
  readonly #published: PublishedObjects;
  readonly snapshot: PublishedObjects['snapshot'];
  readonly subscribe: PublishedObjects['subscribe'];
  #phase: 'gathering' | 'open' | 'stopped' = 'gathering';
  #cancel: (() => void) | undefined;

  constructor(options: ApiObjectsOptions) {
    this.#options = options;
    const memory = apiMemory(this.#held, options.clock);
    this.#published = openPublishedObjects(
      {
        ...{ memory, troubles: () => [...this.#troubles.values()], pods: () => this.#podFacts() },
        readings: () => readingsOf(this.#held),
      },
      this.#held,
    );
    ({ snapshot: this.snapshot, subscribe: this.subscribe } = this.#published);
  }

  open(): void {
    if (this.#phase === 'gathering') this.#phase = 'open';
    this.publish();
  }

  publish(): void {
    if (this.#phase !== 'open') return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#published.publish();
  }

  stop(): void {
    this.#phase = 'stopped';
    this.#cancel?.();
  }

  sinkOf(resource: Resource): ReflectorSink {
    return {
      put: (object) => this.#put(resource, object),
      remove: (object) => {
        this.#held.delete(sourceName(resource, object));
        this.#pods.delete(sourceName(resource, object));
        this.#addresses.delete(sourceName(resource, object));
        this.#changed();
      },
      replace: (objects) => this.#replace(resource, objects),
      trouble: (trouble) => {
        if (trouble === undefined) this.#troubles.delete(resource.kind);
        else this.#troubles.set(resource.kind, trouble);
        this.#changed();
      },
    };
  }

  #put(resource: Resource, object: ApiObject): void {
    const name = sourceName(resource, object);
    const version = object.metadata.resourceVersion;
    if (version !== undefined && this.#held.get(name)?.version === version) return;
    const addresses = addressesOf(resource, object);
    const changes = [
      keep(this.#pods, name, resource.kind === ENDPOINT_SLICES.kind ? readPodSlice(object) : undefined),
      keep(this.#addresses, name, addresses.length > 0 ? addresses : undefined),
      this.#hold(resource, object),
    ];
    // Most of what comes is what Isthmus wrote itself, statuses among it: nothing follows from that.
    if (changes.includes(true)) this.#changed();
  }

  /** Answers whether anything of it is different, but for its version. */
  #hold(resource: Resource, object: ApiObject): boolean {
    const name = sourceName(resource, object);
    const before = this.#held.get(name);
    const { place, clock } = this.#options;
    const outcome = readObject(resource, object, place);
    if (outcome === undefined) return this.#held.delete(name);
    const read = contentOf(name, outcome);
    const reading = readingOf(resource, object, outcome);
    const isSame = before !== undefined && sameData(before.content, read);
    const held = {
      ...{ reading: sameData(before?.reading, reading) ? before?.reading : reading },
      ...{ kind: resource.kind, version: object.metadata.resourceVersion },
      ...{ createdAt: createdAt(object, clock), content: isSame ? before.content : read },
    };
    this.#held.set(name, held);
    return !isSame || held.createdAt !== before.createdAt || held.reading !== before.reading;
  }

  #replace(resource: Resource, objects: readonly ApiObject[]): void {
    const names = new Set(objects.map((object) => sourceName(resource, object)));
    for (const [name, { kind }] of this.#held)
      if (kind === resource.kind && !names.has(name)) this.#held.delete(name);
    for (const map of [this.#pods, this.#addresses])
      for (const name of map.keys()) if (isOf(resource, name) && !names.has(name)) map.delete(name);
    for (const object of objects) this.#put(resource, object);
    this.#changed();
  }

  #podFacts(): PodFacts {
    const slices = new Map<ServiceKey, PodSlice[]>();
    const unready: string[] = [];
    for (const name of [...this.#pods.keys()].sort()) {
      const { service, slice } = this.#pods.get(name)!;
      slices.set(service, [...(slices.get(service) ?? []), slice]);
      const { namespace } = splitServiceKey(service);
      unready.push(...slice.pods.flatMap(({ address, ready }) => (ready ? [] : [`${namespace}/${address}`])));
    }
    // In order, so that the same set has the same text.
    return { slices, unready: new Set(unready.sort()), own: new Set([...this.#addresses.values()].flat()) };
  }

  #changed(): void {
    if (this.#phase === 'open') this.#cancel ??= this.#options.clock.after(SETTLE_MS, () => this.publish());
  }
}

function readingsOf(held: ReadonlyMap<string, Held>): ReadonlyMap<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const [name, { reading }] of held) if (reading !== undefined) readings.set(name, reading);
  return readings;
}

/** Answers whether it is different; undefined: there is none. */
function keep<V>(map: Map<string, V>, name: string, value: V | undefined): boolean {
  if (sameData(map.get(name), value)) return false;
  if (value === undefined) map.delete(name);
  else map.set(name, value);
  return true;
}

/** The namespace comes first: what cannot be read there is closed there. */
function sourceName(
  { kind }: Pick<Resource, 'kind'>,
  { metadata: { name, namespace = name } }: Pick<ApiObject, 'metadata'>,
): string {
  return `${namespace}/${kind}/${name}`;
}

function isOf({ kind }: Pick<Resource, 'kind'>, name: string): boolean {
  return name.split('/')[1] === kind;
}

function contentOf(name: string, outcome: ParseOutcome): SourceContent {
  return collectContent([{ outcome, at: () => name }]);
}

function createdAt({ metadata: { creationTimestamp } }: ApiObject, clock: Clock): number {
  const at = typeof creationTimestamp === 'string' ? Date.parse(creationTimestamp) : Number.NaN;
  return Number.isNaN(at) ? clock.now() : at;
}

/** The API server itself keeps what the memory of a folder has to: the age of exports and the generation of policies. */
function apiMemory(held: ReadonlyMap<string, Held>, clock: Clock): ObjectMemory {
  return {
    createdAt: (service) =>
      held.get(sourceName(SERVICE_EXPORTS, { metadata: splitServiceKey(service) }))?.createdAt ?? clock.now(),
    counted: (policy) => policy,
    keep: () => undefined,
  };
}
