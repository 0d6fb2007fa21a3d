/** What an exchange is told: which request, where it may go, and what to do with its answer. */
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { RequestHead, ResponseHead } from '../decide/http1/head.ts';
import type { Upstream } from './upstream.ts';

export interface ExchangeSettings {
  readonly perTryTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly bodyIdleMs: number;
  readonly maxTries: number;
  readonly replayBytes: number;
}

/**
 * Whether an upstream that was tried may be tried again where there is no other: `spread` only one that stands for
 * several endpoints, as a gateway does.
 */
export type Again = 'never' | 'spread' | 'any';

export interface Wish {
  readonly tried: readonly Upstream[];
  readonly again: Again;
  /** It can be sent again if this try fails, so it may go to an upstream that was ejected. */
  readonly canTest: boolean;
  /** Nothing is better than what is suspect itself. */
  readonly onlyUsable?: boolean;
}

/** What differs between requests going out, and requests coming in for the application. */
export interface ExchangePlan {
  /** As it is sent upstream. */
  readonly request: RequestHead;
  readonly settings: ExchangeSettings;
  now(): number;
  pick(wish: Wish): { readonly upstream: Upstream } | { readonly refused: ReasonCode };
  /** Takes one retry out of the budget. */
  spendRetry(hedge: boolean): boolean;
  /** The answer as the client gets it, and as it is judged. */
  adapt(head: ResponseHead): ResponseHead;
  /** Once, at the end. `reason` is empty when the answer was passed on whole. */
  ended(end: ExchangeEnd): void;
}

export interface ExchangeEnd {
  /** 0 when the client left before there was an answer. */
  readonly status: number;
  readonly reason: ReasonCode | '';
  /** Where the answer came from, or where the last try went. */
  readonly upstream: Upstream | undefined;
  readonly tries: number;
  readonly tookMs: number;
}
