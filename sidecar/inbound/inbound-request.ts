/** One HTTP request from the mesh to the application. */
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { Span } from '../../mesh/ports/tracing.ts';
import type { SidecarContext } from '../context.ts';
import type { HeaderList, RequestHead, ResponseHead } from '../decide/http1/head.ts';
import { withoutReservedAnswer } from '../decide/own-headers.ts';
import type { ConnectionSet } from '../http/connection-set.ts';
import type { ExchangeEnd, ExchangePlan, ExchangeSettings, Wish } from '../http/exchange-plan.ts';
import type { Upstream } from '../http/upstream.ts';
import type { HopMetrics } from '../observe/request-metrics.ts';
import type { Admission } from './access-gate.ts';
import type { InboundPort } from './inbound-ports.ts';

export interface HttpInboundStart {
  readonly port: InboundPort;
  readonly admission: Admission;
  readonly hop: HopMetrics;
  closed(): void;
}

/** What all requests of a connection have in common. */
export interface AskedOn extends HttpInboundStart {
  readonly connections: ConnectionSet;
  readonly settings: ExchangeSettings;
  /** SPIFFE ID of the caller, and `<cluster>/<service>:<port>`. */
  readonly source: string;
  readonly destination: string;
  readonly sourceHeaders: HeaderList;
  /** The Host that sidecars send, so that it need not be taken apart. */
  readonly host: string;
}

export interface InboundRequestParts {
  readonly context: SidecarContext;
  readonly on: AskedOn;
  readonly request: RequestHead;
  readonly app: Upstream;
  readonly span: Span | undefined;
  done(): void;
}

export class InboundRequest implements ExchangePlan {
  readonly request: RequestHead;
  readonly settings: ExchangeSettings;
  readonly #parts: InboundRequestParts;

  constructor(parts: InboundRequestParts) {
    this.#parts = parts;
    this.request = parts.request;
    this.settings = parts.on.settings;
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
    return withoutReservedAnswer(head);
  }

  ended({ status, reason, tookMs }: ExchangeEnd): void {
    const { context, on, span } = this.#parts;
    on.hop.request(status, reason, tookMs);
    span?.set({ 'http.response.status_code': status });
    span?.end(reason === '' ? undefined : reason);
    const { method, target } = this.request;
    context.accessLog?.({
      ...{ at: context.clock.now(), reporter: 'destination', protocol: 'http' },
      ...{ source: on.source, destination: on.destination },
      ...{ method, path: target.path, status, reason, tookMs },
      ...(span === undefined ? {} : { traceId: span.context.traceId }),
    });
    this.#parts.done();
  }
}
