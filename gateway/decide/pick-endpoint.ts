/** Which endpoint takes a connection: two choices, the one with fewer open connections, same zone first. */

/** All that a choice and a dial need of an endpoint. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Where a connection may go: ready endpoints in the gateway's own zone, then those elsewhere in its cluster. */
export interface Pools {
  readonly near: readonly Place[];
  readonly far: readonly Place[];
}

/** `resting` endpoints refused lately and come last; `tried` ones refused this very connection and never come again. */
export type Standing = 'usable' | 'resting' | 'tried';

export interface EndpointLoad {
  /** Connections open through this gateway. */
  open(place: Place): number;
  standing(place: Place): Standing;
}

/**
 * Own zone, then other zones; in each, usable endpoints before resting ones of any zone. `draws` are two numbers in
 * [0, 1). Undefined when every ready endpoint was tried, or there is none.
 */
export function pickEndpoint(
  pools: Pools,
  load: EndpointLoad,
  draws: readonly [number, number],
): Place | undefined {
  for (const wanted of ['usable', 'resting'] as const) {
    for (const pool of [pools.near, pools.far]) {
      const candidates = pool.filter((place) => load.standing(place) === wanted);
      const picked = lessLoaded(candidates, load, draws);
      if (picked) return picked;
    }
  }
  return undefined;
}

function lessLoaded(
  candidates: readonly Place[],
  load: EndpointLoad,
  draws: readonly [number, number],
): Place | undefined {
  const count = candidates.length;
  const first = Math.floor(draws[0] * count);
  const step = 1 + Math.floor(draws[1] * (count - 1));
  const one = candidates[first];
  const other = count > 1 ? candidates[(first + step) % count] : undefined;
  if (!one || !other) return one;
  return load.open(other) < load.open(one) ? other : one;
}
