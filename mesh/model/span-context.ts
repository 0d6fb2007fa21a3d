/** The place of a request in a trace, as it travels in headers (W3C Trace Context). */
export interface SpanContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** W3C tracestate, passed on as it came. */
  readonly traceState?: string;
}
