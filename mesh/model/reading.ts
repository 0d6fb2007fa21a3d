import type { Namespace, ServiceKey } from './names.ts';

/** How an object whose status tells its owner what became of it was read. */
export interface Reading {
  readonly kind: 'ServiceExport' | 'FailoverPolicy' | 'AccessPolicy';
  readonly namespace: Namespace;
  readonly name: string;
  /** The generation that was read. */
  readonly generation?: number;
  /** `spec.levels[0]: what is wrong`, each of one field; empty: it can be used. */
  readonly faults: readonly string[];
  /** Of a policy that can be used: what it is about; absent: all of its namespace. */
  readonly target?: ServiceKey;
}
