/**
 * What happens to the clusters from outside, as data: a run is its list of acts, each at its own time, so that it can be
 * replayed, shortened and kept. Times are virtual milliseconds from the start.
 */
export type Trick =
  | 'speaks-for-another'
  | 'turns-into-another'
  | 'malformed-entries'
  | 'oversized-entry'
  | 'tombstones-of-others'
  | 'shrinking-snapshot'
  | 'older-snapshot'
  | 'older-epoch'
  | 'broken-snapshot'
  | 'huge-version'
  | 'forged-bundle'
  | 'gateway-of-others'
  | 'takes-local-names'
  | 'leaves';

/** `gone`: no policy. `broken` cannot be parsed; `unreadable` is not even YAML. */
export type PolicyKind = 'allow' | 'deny' | 'broken' | 'unreadable' | 'gone';

export type Act = { readonly at: number } & Deed;

export type Deed =
  | { readonly kind: 'service'; readonly cluster: string; readonly service: string; readonly ports: 1 | 2 }
  | { readonly kind: 'delete'; readonly cluster: string; readonly service: string }
  | { readonly kind: 'export' | 'unexport'; readonly cluster: string; readonly service: string }
  | { readonly kind: 'unexportAll'; readonly cluster: string }
  | {
      readonly kind: 'endpoints';
      readonly cluster: string;
      readonly service: string;
      readonly ready: number;
      readonly total: number;
    }
  | { readonly kind: 'churn'; readonly cluster: string; readonly service: string; readonly times: number }
  | { readonly kind: 'namespace'; readonly cluster: string; readonly present: boolean }
  | {
      readonly kind: 'policy';
      readonly cluster: string;
      readonly service: string;
      readonly policy: PolicyKind;
      readonly source: string;
    }
  | { readonly kind: 'workload'; readonly cluster: string; readonly ready: boolean }
  | { readonly kind: 'gateway'; readonly cluster: string; readonly port: number }
  | { readonly kind: 'proxiesAway'; readonly cluster: string; readonly forMs: number }
  | { readonly kind: 'reach'; readonly from: string; readonly to: string; readonly open: boolean }
  | { readonly kind: 'cut' | 'mend'; readonly from: string; readonly to: string }
  | { readonly kind: 'heal' }
  | {
      readonly kind: 'weather';
      readonly loss: number;
      readonly double: number;
      readonly swap: number;
      /** Entries that are not what they were when they arrive. */
      readonly rot: number;
      readonly latencyMs: number;
    }
  | { readonly kind: 'stall'; readonly cluster: string; readonly forMs: number }
  | { readonly kind: 'crash'; readonly cluster: string; readonly forMs: number }
  | {
      readonly kind: 'crashOnFrame';
      readonly cluster: string;
      readonly frames: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'crashOnWrite';
      readonly cluster: string;
      readonly writes: number;
      readonly forMs: number;
    }
  | { readonly kind: 'restart'; readonly cluster: string }
  | { readonly kind: 'zombie'; readonly cluster: string; readonly target: string }
  | { readonly kind: 'hostile'; readonly target: string; readonly trick: Trick; readonly other: string }
  | { readonly kind: 'impostor'; readonly target: string; readonly as: string; readonly flaw: number }
  | { readonly kind: 'hijack'; readonly cluster: string; readonly forMs: number }
  | { readonly kind: 'forget' | 'confirm'; readonly cluster: string; readonly peer: string }
  | { readonly kind: 'evict' | 'leave' | 'rejoin'; readonly cluster: string };

/** A whole run: `seed` draws what is left to chance inside the product and the network. */
export interface Scenario {
  readonly seed: number;
  /** 2 to 8. */
  readonly clusters: number;
  readonly acts: readonly Act[];
}

const WORDS: Partial<Record<Deed['kind'], string>> = {
  service: 'operator states the service',
  delete: 'operator deletes the service',
  churn: 'endpoints come and go every 3 ms',
  unexportAll: 'operator takes back every export',
  proxiesAway: 'proxies lose their controller',
  reach: 'data path',
  stall: 'controller stops reading',
  crashOnFrame: 'controller will crash as it sends',
  crashOnWrite: 'controller will crash as it writes',
  restart: 'controller stops cleanly and starts again',
  zombie: 'an old controller of the cluster speaks',
  hostile: 'the hostile member speaks',
  impostor: 'a wrong certificate is shown',
  hijack: 'the gateway address leads to the hostile member',
};

/** One line of a story. */
export function describeAct({ at, kind, ...rest }: Act): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  return `${formatTime(at)}  ${WORDS[kind] ?? kind}: ${details.join(', ')}`;
}

export function formatTime(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(8)} s`;
}
