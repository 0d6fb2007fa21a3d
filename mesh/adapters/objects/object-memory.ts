import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fault, type Fault } from '../../model/fault.ts';
import type { ServiceKey } from '../../model/names.ts';
import type { FailoverPolicy } from '../../model/policy.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterObjects } from '../../ports/resource-store.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';

/** What an API server would know of objects and a file does not: when each export came, how often each policy changed. */
export interface ObjectMemory {
  /** Milliseconds since the epoch at which this export was first seen: precedence between clusters rests on it. */
  createdAt(service: ServiceKey): number;
  /** The policy with its generation, which goes up by one with each change of its content. */
  counted(policy: FailoverPolicy): FailoverPolicy;
  /** Forgets what is gone and writes the rest, if anything changed. A fault when it cannot be written. */
  keep(objects: Omit<ClusterObjects, 'version'>): Fault | undefined;
}

interface Generation {
  readonly digest: string;
  readonly generation: number;
}

interface Remembered {
  readonly exports: readonly (readonly [string, number])[];
  readonly failover: readonly (readonly [string, Generation])[];
}

/** Where it is kept. */
export interface MemoryText {
  /** For faults. */
  readonly name: string;
  /** Throws, or answers anything, when there is none. */
  read(): string;
  write(text: string): void;
}

export function memoryFile(file: string): MemoryText {
  return {
    name: file,
    read: () => readFileSync(file, 'utf8'),
    write: (text) => writeFileAtomic(file, text),
  };
}

export function openObjectMemory(kept: MemoryText, clock: Pick<Clock, 'now'>): ObjectMemory {
  const stored = readMemory(kept);
  let exports = new Map(stored.exports);
  let failover = new Map(stored.failover);
  let written = JSON.stringify(stored);
  return {
    createdAt(service) {
      const known = exports.get(service) ?? clock.now();
      exports.set(service, known);
      return known;
    },
    counted(policy) {
      const known = countedGeneration(policy, failover.get(policy.name));
      failover.set(policy.name, known);
      return { ...policy, generation: known.generation };
    },
    keep(objects) {
      const policies = new Set([...objects.failover.values()].map(({ name }) => name));
      exports = new Map([...exports].filter(([key]) => objects.exports.has(key as ServiceKey)));
      failover = new Map([...failover].filter(([name]) => policies.has(name)));
      const text = JSON.stringify({ exports: [...exports], failover: [...failover] } satisfies Remembered);
      if (text === written) return undefined;
      try {
        kept.write(text);
        written = text;
        return undefined;
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
        return {
          ...fault('io_failed', kept.name, `cannot be written (${code}); the age of exports is not kept`),
          cause,
        };
      }
    },
  };
}

function countedGeneration(policy: FailoverPolicy, known: Generation | undefined): Generation {
  const digest = createHash('sha256')
    .update(JSON.stringify({ ...policy, generation: 0 }))
    .digest('base64');
  if (known === undefined) return { digest, generation: policy.generation };
  const next = known.digest === digest ? known.generation : known.generation + 1;
  return { digest, generation: Math.max(next, policy.generation) };
}

/** A text that is missing or damaged is as none: exports then count from now. */
function readMemory(kept: MemoryText): Remembered {
  try {
    const { exports, failover } = JSON.parse(kept.read()) as Partial<Remembered>;
    return {
      exports: (exports ?? []).filter(([key, at]) => typeof key === 'string' && Number.isFinite(at)),
      failover: (failover ?? []).filter(([, known]) => Number.isSafeInteger(known.generation)),
    };
  } catch {
    return { exports: [], failover: [] };
  }
}
