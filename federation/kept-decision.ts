/** What one pass decided and all later ones keep to, those of a controller that starts anew among them. */
import type { StateStore } from '../mesh/ports/state-store.ts';

export interface KeptDecision<T> {
  held(): T;
  /** Does nothing for the very value that is held. */
  keep(value: T): void;
}

export interface KeptForm<T> {
  /** In the state of the controller. */
  readonly name: string;
  /** Undefined: nothing is kept yet. */
  readonly read: (text: string | undefined) => T;
  readonly write: (value: T) => string;
}

export function openKeptDecision<T>(state: StateStore, { name, read, write }: KeptForm<T>): KeptDecision<T> {
  let held = read(state.read(name));
  return {
    held: () => held,
    keep(value) {
      if (value === held) return;
      held = value;
      state.write(name, write(value));
    },
  };
}
