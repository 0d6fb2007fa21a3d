/** One HTTP request of the application to a service of the mesh: where it goes, and what is told about it. */
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { Span } from '../../mesh/ports/tracing.ts';
import type { SidecarContext } from '../context.ts';
import type { RequestHead, ResponseHead } from '../decide/http1/head.ts';
import type { ExchangeEnd, ExchangePlan, ExchangeSettings, Wish } from '../http/exchange-plan.ts';
import type { Upstream } from '../http/upstream.ts';
import { isFailure, type Destination } from './destination.ts';

export interface OutboundRequestParts {
  readonly context: SidecarContext;
  readonly destination: Destination;
  readonly request: RequestHead;
  readonly span: Span | undefined;
  /** Called once, at the end. */
  done(): void;
}

export class OutboundRequest implements ExchangePlan {
  readonly request: RequestHead;
  readonly settings: ExchangeSettings;
  readonly #parts: OutboundRequestParts;

  constructor(parts: OutboundRequestParts) {
    this.#parts = parts;
    this.request = parts.request;
    this.settings = parts.context.settings;
    parts.destination.route.countRequest(this.now());
  }

  now(): number {
    return this.#parts.context.clock.monotonic();
  }

  pick(wish: Wish): { readonly upstream: Upstream } | { readonly refused: ReasonCode } {
    const picked = this.#parts.destination.route.pick(wish);
    return 'refused' in picked ? picked : { upstream: picked.lane };
  }

  spendRetry(hedge: boolean): boolean {
    const { destination } = this.#parts;
    if (!destination.route.spendRetry()) return false;
    destination.countRetry(hedge);
    return true;
  }

  adapt(head: ResponseHead): ResponseHead {
    return head;
  }

  ended(end: ExchangeEnd): void {
    const { destination, span } = this.#parts;
    const { status, reason, tookMs } = end;
    const cluster = end.upstream?.cluster ?? destination.selfCluster;
    destination.hopTo(cluster).request(status, reason, tookMs);
    if (reason !== 'client_closed') {
      destination.stats.count(cluster, isFailure(status, reason), { tookMs, nowMs: this.now() });
    }
    span?.set({ 'http.response.status_code': status, 'isthmus.destination.cluster': cluster });
    span?.end(reason === '' ? undefined : reason);
    this.#log(end, cluster);
    this.#parts.done();
  }

  #log({ status, reason, tookMs, tries }: ExchangeEnd, cluster: string): void {
    const { context, destination, span } = this.#parts;
    const { method, target } = this.request;
    context.accessLog?.({
      ...{ at: context.clock.now(), reporter: 'source', protocol: 'http', source: destination.selfCluster },
      ...{
        destination: `${cluster}/${destination.name}`,
        method,
        path: target.path,
        status,
        reason,
        tookMs,
        tries,
      },
      ...(span === undefined ? {} : { traceId: span.context.traceId }),
    });
  }
}
