/** Waiting for something in a cluster, with an end. */
import { fault } from '../../mesh/model/fault.ts';
import { CommandFailed } from '../output/print.ts';

const ASK_AGAIN_MS = 200;

export interface Wait {
  /** What is waited for, as a statement. */
  readonly what: string;
  readonly ms: number;
  /** Why it may not be so: asked when the time is over. */
  readonly why?: () => Promise<string | undefined>;
}

/** Asks until it answers; ends the command when the time is over. */
export async function until<T>({ what, ms, why }: Wait, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) {
      const reason = await why?.();
      const message = `not so after ${ms / 1000} s${reason === undefined ? '' : `: ${reason}`}`;
      throw new CommandFailed(fault('unavailable', what, message));
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
