/** Discovery, the controller's end: who is registered, what each proxy must still be told. This file: who is registered. */
import { networkInterfaces } from 'node:os';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { StateStore } from '../../mesh/ports/state-store.ts';
import {
  allRegistrations,
  authorize,
  forgetRemembered,
  register,
  remember,
  withdraw,
  type Caller,
  type ProxyRegistration,
  type Registrations,
} from '../decide/registrations.ts';

export interface RegistryOptions {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly changed: () => void;
}

export interface Registry {
  /** `stream` numbers the stream; its registration is replaced. */
  register(stream: number, registration: ProxyRegistration, caller: Caller): Result<void, Fault>;
  withdraw(stream: number): void;
  /** Everything that counts now, the remembered ones too. */
  all(): readonly ProxyRegistration[];
  /** Idempotent. Keeps on disk what was registered. */
  stop(): void;
}

const FILE = 'registrations';
const MAX_PROXIES = 5000;
/** Longer than a proxy's longest pause between two attempts to reach its controller. */
const SETTLE_MS = 8000;
const SAVE_MS = 250;

export function openRegistry({ state, clock, changed }: RegistryOptions): Registry {
  let held = remember(readSaved(state));
  let cancelSave: (() => void) | undefined;
  const save = (): void => {
    cancelSave = undefined;
    state.write(FILE, JSON.stringify(allRegistrations(held)));
  };
  const replace = (next: Registrations): void => {
    if (next === held) return;
    held = next;
    cancelSave ??= clock.after(SAVE_MS, save);
    changed();
  };
  const cancelSettle = clock.after(SETTLE_MS, () => replace(forgetRemembered(held)));
  return {
    register(stream, registration, caller) {
      const rules = { ownAddresses: ownAddresses(), maxProxies: MAX_PROXIES };
      const refusal = authorize(registration, caller, rules);
      if (refusal !== undefined) return err(refusal);
      const next = register(held, { stream, registration }, rules);
      if (!next.ok) return next;
      replace(next.value);
      return ok(undefined);
    },
    withdraw: (stream) => replace(withdraw(held, stream)),
    all: () => allRegistrations(held),
    stop() {
      cancelSettle();
      if (cancelSave === undefined) return;
      cancelSave();
      save();
    },
  };
}

function ownAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return new Set(all.map(({ address }) => address));
}

/** Our own file; one that is damaged is as good as none. */
function readSaved(state: StateStore): readonly ProxyRegistration[] {
  try {
    const saved: unknown = JSON.parse(state.read(FILE) ?? '[]');
    return Array.isArray(saved) ? (saved as ProxyRegistration[]) : [];
  } catch {
    return [];
  }
}
