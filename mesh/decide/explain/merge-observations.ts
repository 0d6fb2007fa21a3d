/** Explain: one picture out of what several sidecars see, and its text. Pure, so the CLI and every program print alike. */
import type { ServiceObservation } from '../../model/report.ts';
import type { EndpointGroup } from '../../model/shares.ts';

/**
 * Sidecars differ in what they have found out for themselves; together they act as their mean, weighted by how much
 * they send. Counts may so be fractions. Groups come in the order in which they are first seen.
 */
export function mergeObservations(observations: readonly ServiceObservation[]): readonly EndpointGroup[] {
  const sending = observations.some(({ rate }) => rate > 0);
  const byPlace = new Map<string, Seen[]>();
  for (const { groups, rate } of observations) {
    for (const group of groups) {
      const place = `${group.cluster}/${group.region}/${group.zone}`;
      const seen = byPlace.get(place) ?? [];
      byPlace.set(place, [...seen, { group, weight: sending ? rate : 1 }]);
    }
  }
  return [...byPlace.values()].flatMap(meanGroup);
}

interface Seen {
  readonly group: EndpointGroup;
  readonly weight: number;
}

function meanGroup(all: readonly Seen[]): EndpointGroup[] {
  const sending = all.filter(({ weight }) => weight > 0);
  const seen = sending.length > 0 ? sending : all.map(({ group }) => ({ group, weight: 1 }));
  const [first] = seen;
  if (first === undefined) return [];
  const weights = seen.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (field: 'total' | 'ready' | 'healthy' | 'ramp'): number =>
    round(seen.reduce((sum, { group, weight }) => sum + group[field] * (weight / weights), 0));
  const notes = new Set(seen.flatMap(({ group }) => group.note ?? []));
  const { cluster, region, zone } = first.group;
  return [
    {
      ...{ cluster, region, zone, total: mean('total'), ready: mean('ready'), healthy: mean('healthy') },
      ramp: mean('ramp'),
      ...(notes.size === 0 ? {} : { note: [...notes].join('; ') }),
    },
  ];
}

/** To a millionth: what floating point adds is nobody's observation. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
