/** The body of a request on its way: kept while it is small, so that another try can send it again. */
export class RequestBody {
  readonly #limit: number;
  #kept: Buffer[] = [];
  #size = 0;
  #complete: boolean;
  #dropped = false;

  /** `complete`: there is no body. */
  constructor(limit: number, complete: boolean) {
    this.#limit = limit;
    this.#complete = complete;
  }

  get isComplete(): boolean {
    return this.#complete;
  }

  /** Everything so far is kept, so a further try can be sent the same. */
  get canReplay(): boolean {
    return !this.#dropped;
  }

  get isOverLimit(): boolean {
    return this.#size > this.#limit;
  }

  /** What a new try is sent first. */
  get kept(): readonly Buffer[] {
    return this.#kept;
  }

  add(chunk: Buffer): void {
    this.#size += chunk.length;
    if (!this.#dropped) this.#kept.push(chunk);
  }

  complete(): void {
    this.#complete = true;
  }

  /** No further try: stop keeping. */
  drop(): void {
    this.#dropped = true;
    this.#kept = [];
  }
}
