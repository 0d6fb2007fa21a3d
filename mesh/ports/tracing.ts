/** Spans as a port. The no-op tracer is used where no OTLP endpoint is set. */
export interface SpanContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** W3C tracestate, passed on as it came. */
  readonly traceState?: string;
}

export interface Span {
  readonly context: SpanContext;
  set(attributes: Readonly<Record<string, string | number | boolean>>): void;
  /** Ends the span once; `error` is a reason code. */
  end(error?: string): void;
}

export interface Tracer {
  readonly enabled: boolean;
  start(name: string, kind: 'client' | 'server', parent: SpanContext | undefined): Span;
  /** Sends what is queued, within 2 s. */
  stop(): Promise<void>;
}
