/** The last events of this cluster, for people. In memory: it starts anew with the controller. */
import type { MeshEvent } from '../mesh/model/report.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';

export interface EventLog {
  add(text: string): void;
  /** Oldest first. */
  all(): readonly MeshEvent[];
}

const MAX_EVENTS = 500;
const MAX_TEXT = 300;

export function openEventLog(clock: Clock, log: Log): EventLog {
  let events: readonly MeshEvent[] = [];
  return {
    add(text) {
      events = [...events.slice(1 - MAX_EVENTS), { at: clock.now(), text: text.slice(0, MAX_TEXT) }];
      log.info('event', { event: text });
    },
    all: () => events,
  };
}
