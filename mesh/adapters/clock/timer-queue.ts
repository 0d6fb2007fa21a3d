/** Timers in the order of their times, equals in the order they were set: a binary heap. */
export interface TimerQueue {
  /** Milliseconds since the start. */
  elapsed(): number;
  /** Answers the way to cancel, which may be called twice. */
  set(at: number, run: () => void): () => void;
  /** Runs the first timer due at or before `end`, at its own time; false when there is none. */
  runNext(end: number): boolean;
  moveTo(end: number): void;
  /** Timers that are set and neither run nor cancelled. */
  size(): number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  /** Undefined once it has run or was cancelled; such timers leave the heap when they reach its top. */
  run: (() => void) | undefined;
}

export function createTimerQueue(): TimerQueue {
  const heap: Timer[] = [];
  let elapsed = 0;
  let order = 0;
  let live = 0;
  const first = (): Timer | undefined => {
    while (heap[0] !== undefined && heap[0].run === undefined) pop(heap);
    return heap[0];
  };
  return {
    elapsed: () => elapsed,
    set(at, run) {
      const timer: Timer = { at, order: ++order, run };
      push(heap, timer);
      live++;
      return () => {
        if (timer.run !== undefined) live--;
        timer.run = undefined;
      };
    },
    runNext(end) {
      const next = first();
      if (next?.run === undefined || next.at > end) return false;
      const { run } = next;
      next.run = undefined;
      live--;
      elapsed = Math.max(elapsed, next.at);
      run();
      return true;
    },
    moveTo(end) {
      elapsed = Math.max(elapsed, end);
    },
    size: () => live,
  };
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  while (at > 0) {
    const parent = heap[(at - 1) >> 1] as Timer;
    if (!isBefore(timer, parent)) break;
    heap[at] = parent;
    at = (at - 1) >> 1;
  }
  heap[at] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    if (a === undefined) break;
    const child = b !== undefined && isBefore(b, a) ? b : a;
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = child === a ? left : left + 1;
  }
  heap[at] = last;
}
