/** Work by key: keys that are asked for again meanwhile run once more, one key never runs twice at once, failures wait. */
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';

export interface KeyQueue<K> {
  ask(key: K): void;
  /** Resolves when nothing runs and nothing waits but what has failed. */
  settled(): Promise<void>;
  /** Nothing begins after it; resolves when nothing runs any more. Idempotent. */
  stop(): Promise<void>;
}

export interface KeyQueueOptions<K> {
  readonly clock: Clock;
  readonly random: Random;
  /** False: to be tried again after a pause. It does not reject. */
  readonly work: (key: K) => Promise<boolean>;
  /** Keys that run side by side. Default 8. */
  readonly width?: number;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

export function createKeyQueue<K>(options: KeyQueueOptions<K>): KeyQueue<K> {
  const queue = new Queue(options);
  return { ask: (key) => queue.ask(key), settled: () => queue.settled(), stop: () => queue.stop() };
}

class Queue<K> {
  readonly #options: KeyQueueOptions<K>;
  readonly #waiting = new Set<K>();
  readonly #running = new Map<K, Promise<void>>();
  /** Keys that failed, with the way to cancel their next try. */
  readonly #paused = new Map<K, () => void>();
  readonly #failures = new Map<K, number>();
  #stopped = false;

  constructor(options: KeyQueueOptions<K>) {
    this.#options = options;
  }

  ask(key: K): void {
    // One that waits after a failure is asked for already.
    if (this.#stopped || this.#paused.has(key)) return;
    this.#waiting.add(key);
    this.#begin();
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#paused.values()) cancel();
    this.#paused.clear();
    await Promise.all(this.#running.values());
  }

  #begin(): void {
    const { width = 8 } = this.#options;
    for (const key of this.#waiting) {
      if (this.#stopped || this.#running.size >= width) return;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.set(key, this.#run(key));
    }
  }

  async #run(key: K): Promise<void> {
    const isDone = await this.#options.work(key);
    this.#running.delete(key);
    if (isDone) this.#failures.delete(key);
    else this.#pause(key);
    this.#begin();
  }

  #pause(key: K): void {
    if (this.#stopped) return;
    const { clock, random } = this.#options;
    const count = this.#failures.get(key) ?? 0;
    this.#failures.set(key, count + 1);
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** count);
    const again = (): void => {
      this.#paused.delete(key);
      this.ask(key);
    };
    this.#paused.set(key, clock.after(longest * (0.5 + random.next() / 2), again));
  }
}
