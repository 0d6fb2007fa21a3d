/**
 * Named texts that are kept in objects of an API server: read at once from memory, written behind it. What was changed in
 * one go is kept in one go.
 */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, formatFault, type Fault } from '../../model/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import { createKeyQueue } from './key-queue.ts';

/** By name; undefined: it shall be gone. */
export type Changes = ReadonlyMap<string, string | undefined>;

/** Why a text is not kept; final: it never will be as it is, so it is not tried again before it changes. */
export type Unkept = Fault & { readonly isFinal?: true };

export interface KeptTextsOptions {
  /** For faults and the log: `Secret isthmus-trust`. */
  readonly what: string;
  readonly held: ReadonlyMap<string, string>;
  /** Keeps the changes; answers why those could not be kept that are not. */
  readonly keep: (changes: Changes) => Promise<ReadonlyMap<string, Unkept>>;
  /** Asked before each write: whether this controller is the one that writes. */
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface KeptTexts {
  names(): readonly string[];
  get(name: string): string | undefined;
  /** Undefined removes it. */
  set(name: string, text: string | undefined): void;
  /** Resolves when everything is kept. A fault: it is not; what can be is tried again by itself. */
  flush(): Promise<Result<void, Fault>>;
}

export function openKeptTexts(options: KeptTextsOptions): KeptTexts {
  const texts = new Map(options.held);
  let unsaved = new Set<string>();
  const givenUp = new Map<string, Fault>();
  let last: Fault = fault('unavailable', options.what, 'is not written yet');
  const overtaken = fault('unavailable', options.what, 'is not written while another controller leads');
  const save = async (): Promise<boolean> => {
    // What the caller still changes in this go is taken along.
    await Promise.resolve();
    const names = unsaved;
    if (names.size === 0) return true;
    unsaved = new Set();
    const changes = new Map([...names].map((name) => [name, texts.get(name)]));
    const failed = options.mayWrite() ? await options.keep(changes) : allOf(names, overtaken);
    for (const [name, why] of failed) {
      last = why;
      // What has changed meanwhile is tried anyway.
      if (why.isFinal && !unsaved.has(name)) givenUp.set(name, why);
      else unsaved.add(name);
      options.log.warn('cannot be kept', { object: options.what, name, detail: formatFault(why) });
    }
    return [...failed.values()].every(({ isFinal }) => isFinal === true);
  };
  const queue = createKeyQueue<'all'>({ ...options, work: save });
  return {
    names: () => [...texts.keys()].sort(),
    get: (name) => texts.get(name),
    set(name, text) {
      if (texts.get(name) === text) return;
      if (text === undefined) texts.delete(name);
      else texts.set(name, text);
      givenUp.delete(name);
      unsaved.add(name);
      queue.ask('all');
    },
    async flush() {
      await queue.settled();
      // It waits after a failure: now is another chance.
      if (unsaved.size > 0) await save();
      return outcome(unsaved.size > 0 ? last : [...givenUp.values()][0]);
    },
  };
}

function outcome(why: Fault | undefined): Result<void, Fault> {
  return why === undefined ? ok(undefined) : err(why);
}

/** The same reason for all of them. */
export function allOf(names: Iterable<string>, why: Unkept): ReadonlyMap<string, Unkept> {
  return new Map([...names].map((name) => [name, why]));
}
