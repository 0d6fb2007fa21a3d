/** Spans as a port. The no-op tracer is used where no OTLP endpoint is set. */
import type { SpanContext } from '../model/span-context.ts';

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
