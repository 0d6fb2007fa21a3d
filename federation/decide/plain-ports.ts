/**
 * The ports of plain proxies, one for each service port of other networks: a connection that arrives there says nothing
 * else of what it wants. So a port must not change its meaning while anybody may still have the old one in mind: what
 * has gone keeps its port until all others are taken.
 */

/** By `<namespace>/<name>:<port>`, in the order in which they were given out. */
export type PlainPorts = ReadonlyMap<string, number>;

/** Above the ports of the mesh and below those that a kernel gives out by itself. */
const FIRST = 20_000;
const COUNT = 10_000;

export interface Assignment {
  /** Those wanted now, and those of what has gone; the same map as before when nothing new was given out. */
  readonly held: PlainPorts;
  readonly wanted: PlainPorts;
  /** For which there is no port left. */
  readonly unserved: readonly string[];
}

export function assignPlainPorts(
  before: PlainPorts,
  wanted: ReadonlySet<string>,
  count: number = COUNT,
): Assignment {
  const held = new Map(before);
  const free = freePorts(held, count);
  const gone = [...held.keys()].filter((name) => !wanted.has(name));
  const unserved: string[] = [];
  for (const name of wanted) {
    if (held.has(name)) continue;
    const port = free.next().value ?? takeBack(held, gone);
    if (port === undefined) unserved.push(name);
    else held.set(name, port);
  }
  const isNew = [...held.keys()].some((name) => !before.has(name));
  const inUse = new Map([...held].filter(([name]) => wanted.has(name)));
  return { held: isNew ? held : before, wanted: inUse, unserved };
}

function* freePorts(held: PlainPorts, count: number): Generator<number, undefined> {
  const taken = new Set(held.values());
  for (let port = FIRST; port < FIRST + count; port++) if (!taken.has(port)) yield port;
  return undefined;
}

function takeBack(held: Map<string, number>, gone: string[]): number | undefined {
  const oldest = gone.shift();
  if (oldest === undefined) return undefined;
  const port = held.get(oldest);
  held.delete(oldest);
  return port;
}

/** Our own text; one that is damaged is as good as none. */
export function readPlainPorts(text: string | undefined): PlainPorts {
  try {
    const read: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(read)) return new Map();
    const pairs = read.filter(
      (pair): pair is [string, number] =>
        Array.isArray(pair) && typeof pair[0] === 'string' && Number.isInteger(pair[1]),
    );
    return new Map(pairs);
  } catch {
    return new Map();
  }
}

export function plainPortsText(ports: PlainPorts): string {
  return JSON.stringify([...ports]);
}
