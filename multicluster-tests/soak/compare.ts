/** Whether programs hold no more than before. Pure. */
export interface Held {
  readonly program: string;
  readonly heapMb: number;
  readonly fds: number;
  /** Timers, sockets and requests that keep the event loop running. */
  readonly resources: number;
  /** What waits: changes a peer has not confirmed, connections not yet routed. */
  readonly queued: number;
}

export interface Compared {
  readonly program: string;
  readonly what: string;
  readonly before: number;
  readonly after: number;
  readonly met: boolean;
}

/** F25: handles and descriptors back to within 5; heap to within a tenth, or 2 MB where it is small; queues to within 1. */
const ALLOWED = {
  heapMb: (before: number) => before + Math.max(2, before / 10),
  fds: (before: number) => before + 5,
  resources: (before: number) => before + 5,
  queued: (before: number) => before + 1,
} as const;

const WORDS = {
  heapMb: 'heap, MB',
  fds: 'descriptors',
  resources: 'timers, sockets',
  queued: 'queued',
} as const;

/** A program that is there only once has fallen meanwhile: not met. */
export function compareHeld(before: readonly Held[], after: readonly Held[]): readonly Compared[] {
  return before.flatMap((from) => {
    const now = after.find(({ program }) => program === from.program);
    return (Object.keys(WORDS) as (keyof typeof WORDS)[]).map((figure) => {
      const value = now?.[figure] ?? Number.NaN;
      return {
        ...{ program: from.program, what: WORDS[figure], before: from[figure], after: value },
        met: value <= ALLOWED[figure](from[figure]),
      };
    });
  });
}
