/** One HTTP request from the mesh to the application. */
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { Span } from '../../mesh/ports/tracing.ts';
import type { SidecarContext } from '../context.ts';
import type { RequestHead, ResponseHead } from '../decide/http1/head.ts';
import type { ExchangeEnd, ExchangePlan, ExchangeSettings, Wish } from '../http/exchange.ts';
import type { Upstream } from '../http/upstream.ts';
import type { HopMetrics } from '../observe/request-metrics.ts';

export interface InboundRequestParts {
  readonly context: SidecarContext;
  readonly request: RequestHead;
  readonly app: Upstream;
  readonly hop: HopMetrics;
  readonly span: Span | undefined;
  /** SPIFFE ID of the caller, and `<cluster>/<service>:<port>`. */
  readonly source: string;
  readonly destination: string;
  adapt(head: ResponseHead): ResponseHead;
  done(): void;
}

export class InboundRequest implements ExchangePlan {
  readonly request: RequestHead;
  readonly settings: ExchangeSettings;
  readonly #parts: InboundRequestParts;

  constructor(parts: InboundRequestParts) {
    this.#parts = parts;
    this.request = parts.request;
    // Two: a kept connection to the application may turn out to be closed. How long it may take is the caller's to say.
    this.settings = {
      ...parts.context.settings,
      maxTries: 2,
      perTryTimeoutMs: Infinity,
      requestTimeoutMs: Infinity,
    };
  }

  now(): number {
    return this.#parts.context.clock.monotonic();
  }

  pick({ tried, again }: Wish): { readonly upstream: Upstream } | { readonly refused: ReasonCode } {
    return tried.length > 0 && again !== 'any'
      ? { refused: 'application_unreachable' }
      : { upstream: this.#parts.app };
  }

  /** One more try on loopback loads nobody else. */
  spendRetry(hedge: boolean): boolean {
    return !hedge;
  }

  adapt(head: ResponseHead): ResponseHead {
    return this.#parts.adapt(head);
  }

  ended({ status, reason, tookMs }: ExchangeEnd): void {
    const { context, hop, span, source, destination } = this.#parts;
    hop.request(status, reason, tookMs);
    span?.set({ 'http.response.status_code': status });
    span?.end(reason === '' ? undefined : reason);
    const { method, target } = this.request;
    context.accessLog?.({
      ...{ at: context.clock.now(), reporter: 'destination', protocol: 'http', source, destination },
      ...{ method, path: target.path, status, reason, tookMs },
      ...(span === undefined ? {} : { traceId: span.context.traceId }),
    });
    this.#parts.done();
  }
}
