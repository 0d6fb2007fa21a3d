/** The ports of plain proxies as given out so far: a controller that starts anew must not give them another meaning. */
import { plainPortsText, readPlainPorts, type PlainPorts } from './decide/plain-ports.ts';
import type { StateStore } from '../mesh/ports/state-store.ts';

export interface PlainPortMemory {
  held(): PlainPorts;
  /** Does nothing for the map that is held. */
  keep(ports: PlainPorts): void;
}

const FILE = 'plain-ports';

export function openPlainPorts(state: StateStore): PlainPortMemory {
  let held = readPlainPorts(state.read(FILE));
  return {
    held: () => held,
    keep(ports) {
      if (ports === held) return;
      held = ports;
      state.write(FILE, plainPortsText(ports));
    },
  };
}
