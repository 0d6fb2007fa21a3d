/** What this gateway knows of each endpoint by itself: connections open now, and refusals lately. */
import type { Clock } from '../mesh/ports/clock.ts';
import type { EndpointLoad, Place } from './decide/pick-endpoint.ts';

export interface EndpointLedger extends EndpointLoad {
  /** A connection, or a try to open one, begins and ends. */
  opened(place: Place): void;
  closed(place: Place): void;
  answered(place: Place): void;
  refused(place: Place): void;
  /** Forgets the refusals of endpoints that are no more. `places` is gone through only where there are refusals. */
  keepOnly(places: Iterable<Place>): void;
}

interface Rest {
  readonly until: number;
  readonly delayMs: number;
}

export function endpointLedger(
  clock: Clock,
  settings: { readonly restMs: number; readonly maxRestMs: number },
): EndpointLedger {
  const openCount = new Map<string, number>();
  const rests = new Map<string, Rest>();
  const count = (key: string, by: number): void => {
    const next = (openCount.get(key) ?? 0) + by;
    if (next > 0) openCount.set(key, next);
    else openCount.delete(key);
  };
  return {
    open: (place) => openCount.get(keyOf(place)) ?? 0,
    standing: (place) => {
      const rest = rests.get(keyOf(place));
      return rest && rest.until > clock.monotonic() ? 'resting' : 'usable';
    },
    opened: (place) => count(keyOf(place), 1),
    answered: (place) => void rests.delete(keyOf(place)),
    closed: (place) => count(keyOf(place), -1),
    refused: (place) => {
      const before = rests.get(keyOf(place))?.delayMs ?? settings.restMs / 2;
      const delayMs = Math.min(2 * before, settings.maxRestMs);
      rests.set(keyOf(place), { until: clock.monotonic() + delayMs, delayMs });
    },
    keepOnly: (places) => {
      if (rests.size === 0) return;
      const kept = new Set<string>();
      for (const place of places) kept.add(keyOf(place));
      for (const key of rests.keys()) if (!kept.has(key)) rests.delete(key);
    },
  };
}

/** An endpoint that came back under its name but at another address starts afresh. */
function keyOf(place: Place): string {
  return `${place.address}|${place.port}`;
}
