/** What the failover decision takes and gives. One function computes it for proxies, `explain` and `simulate`. */
import type { ClusterName } from './names.ts';
import type { FailoverPolicy } from './policy.ts';

/** Endpoints of one service that stand and fall together: one (cluster, region, zone). */
export interface EndpointGroup {
  readonly cluster: ClusterName;
  readonly region: string;
  readonly zone: string;
  readonly total: number;
  /** Ready as their owner says. */
  readonly ready: number;
  /** Ready, and not ejected or suspect as seen from here: healthy <= ready <= total. */
  readonly healthy: number;
  /** 0-1: how far a recovered group has been ramped up; 1 for one that was never down. */
  readonly ramp: number;
  /** Why it is not fully healthy, in words, when it is not. */
  readonly note?: string;
}

export interface Vantage {
  readonly cluster: ClusterName;
  readonly region: string;
  readonly zone: string;
}

export interface ShareInput {
  readonly policy: FailoverPolicy;
  readonly from: Vantage;
  readonly groups: readonly EndpointGroup[];
}

export interface GroupShare {
  readonly group: EndpointGroup;
  /** 0-based position in the failover order. */
  readonly level: number;
  /** `same zone`, `same region`, `cluster west` ... */
  readonly levelName: string;
  /** 0-100; over all groups, and with `shed`, the sum is 100 (or 0 where there is no group at all). */
  readonly share: number;
  /** The reason in words an operator can act on. */
  readonly why: string;
}

export interface Shares {
  /** In failover order, then by cluster name, region, zone. */
  readonly groups: readonly GroupShare[];
  /** 0-100: the part refused because of the policy's cap. */
  readonly shed: number;
  readonly panic: boolean;
}
