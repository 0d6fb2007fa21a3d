/** Policies as they are decided on: parsed, defaulted, bounded. */
import type { ServiceKey, Namespace } from './names.ts';

export interface Weighted {
  readonly name: string;
  /** Relative weight inside the level, >= 1. */
  readonly weight: number;
}

/** One step of the failover order. A group of endpoints belongs to the first level that selects it. */
export type LevelSelector =
  | { readonly kind: 'zone' }
  | { readonly kind: 'region' }
  | { readonly kind: 'cluster' }
  | { readonly kind: 'area' }
  | { readonly kind: 'clusters'; readonly clusters: readonly Weighted[] }
  | { readonly kind: 'regions'; readonly regions: readonly Weighted[] }
  | { readonly kind: 'others' };

export interface FailoverPolicy {
  /** `<namespace>/<name>` of the manifest, or `default`. */
  readonly name: string;
  readonly generation: number;
  readonly levels: readonly LevelSelector[];
  /** Percent healthy, 1-100, below which a level spills. */
  readonly threshold: number;
  /** Percent of its own healthy capacity that a level may be asked to take over; absent: no cap. */
  readonly cap?: number;
  /** What happens to load over the cap. */
  readonly overflow: 'keep' | 'shed';
  readonly failback: { readonly rampMs: number; readonly holdMs: number };
  /** Percent healthy over all levels, 0-100, below which load is spread over everything. */
  readonly panic: number;
}

export interface SourceMatch {
  /** Each present field must contain the source's value; a match needs at least one field. */
  readonly clusters?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly serviceAccounts?: readonly string[];
}

export interface AccessRule {
  readonly from: readonly SourceMatch[];
}

/** Selects one service, or every service of its namespace when `target` is absent. */
export interface AccessPolicy {
  readonly name: string;
  readonly namespace: Namespace;
  readonly target?: ServiceKey;
  readonly allow: readonly AccessRule[];
  readonly deny: readonly AccessRule[];
  /** Set when the manifest could not be parsed: everything it selects is closed. The words say why. */
  readonly closed?: string;
}
