/** SIGINT and SIGTERM, for commands that stop what they started before they end. */

/** One request reaches a program twice at once: from the terminal and from who started it, or through npx. */
const SAME_REQUEST_MS = 500;

export interface Interrupts {
  /** Resolves with the first signal. From now on none ends this process by itself. */
  readonly first: Promise<void>;
  /** Called at each further signal that is a request of its own. */
  onInsist(insist: () => void): void;
}

export function openInterrupts(): Interrupts {
  const { promise: first, resolve } = Promise.withResolvers<void>();
  let insist = (): void => undefined;
  let firstAt: number | undefined;
  const onSignal = (): void => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > SAME_REQUEST_MS) insist();
    firstAt ??= now;
    resolve();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return { first, onInsist: (run) => void (insist = run) };
}
