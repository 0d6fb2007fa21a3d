import type * as OtelApi from '@opentelemetry/api';
import type { SpanContext } from '../../model/span-context.ts';
import type { Span, Tracer } from '../../ports/tracing.ts';
import { noopTracer } from './noop-tracer.ts';

export interface TracerOptions {
  /** `service.name`, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say otherwise. */
  readonly serviceName: string;
  /** `k8s.cluster.name` */
  readonly cluster: string;
  /** Further resource attributes: `k8s.namespace.name`, `k8s.pod.name`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const STOP_WITHIN_MS = 2_000;

/**
 * A tracer that exports over OTLP, as the OTEL_* variables say (endpoint, protocol, headers, sampler, batches). One at
 * a time in a process. Where no OTLP endpoint is set it is the no-op tracer, and OpenTelemetry, which takes 40 MB, is
 * not even loaded.
 */
export async function startTracer(options: TracerOptions, env: Environment = process.env): Promise<Tracer> {
  if (!isWanted(env)) return noopTracer;
  const [api, { startNodeSdk }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-node'),
  ]);
  const sdk = startNodeSdk({
    ...{ metricReaders: [], logRecordProcessors: [], propagators: [], instrumentations: [] },
    logLevel: env['OTEL_LOG_LEVEL'] ?? 'error',
    resourceAttributes: resourceAttributes(options, env),
    // The default detectors would send this process's command line; those that the operator names are used.
    ...(isSet(env['OTEL_NODE_RESOURCE_DETECTORS']) ? {} : { resourceDetectors: [] }),
  });
  const otel = api.trace.getTracer('isthmus');
  return {
    enabled: true,
    start: (name, kind, parent) =>
      wrapSpan(api, otel.startSpan(name, { kind: kindOf(api, kind) }, contextOf(api, parent))),
    async stop() {
      await within(STOP_WITHIN_MS, sdk.shutdown());
      api.trace.disable();
      api.context.disable();
    },
  };
}

function isWanted(env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false;
  if (env['OTEL_TRACES_EXPORTER']?.trim() === 'none') return false;
  return isSet(env['OTEL_EXPORTER_OTLP_ENDPOINT']) || isSet(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}

/** These go before OTEL_RESOURCE_ATTRIBUTES, so a name that the operator set there is left to it. */
function resourceAttributes(options: TracerOptions, env: Environment): Record<string, string> {
  const named = new Set(
    (env['OTEL_RESOURCE_ATTRIBUTES'] ?? '').split(',').map((pair) => pair.split('=', 1)[0]?.trim()),
  );
  const wanted: Record<string, string> = {
    'service.name': options.serviceName,
    'k8s.cluster.name': options.cluster,
    ...options.attributes,
  };
  const attributes = Object.fromEntries(Object.entries(wanted).filter(([name]) => !named.has(name)));
  const serviceName = env['OTEL_SERVICE_NAME'];
  if (serviceName !== undefined && isSet(serviceName)) attributes['service.name'] = serviceName;
  return attributes;
}

function kindOf(api: typeof OtelApi, kind: 'client' | 'server'): OtelApi.SpanKind {
  return kind === 'client' ? api.SpanKind.CLIENT : api.SpanKind.SERVER;
}

function contextOf(api: typeof OtelApi, parent: SpanContext | undefined): OtelApi.Context {
  if (parent === undefined) return api.ROOT_CONTEXT;
  const { traceId, spanId, sampled, traceState } = parent;
  return api.trace.setSpanContext(api.ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE,
    isRemote: true,
    ...(traceState === undefined ? {} : { traceState: api.createTraceState(traceState) }),
  });
}

function wrapSpan(api: typeof OtelApi, span: OtelApi.Span): Span {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const state = traceState?.serialize() ?? '';
  const sampled = (traceFlags & api.TraceFlags.SAMPLED) !== 0;
  let ended = false;
  return {
    context: { traceId, spanId, sampled, ...(state === '' ? {} : { traceState: state }) },
    set: (attributes) => void span.setAttributes(attributes),
    end(error) {
      if (ended) return;
      ended = true;
      if (error !== undefined) {
        span.setAttribute('error.type', error);
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: error });
      }
      span.end();
    },
  };
}

/** Waits for `work`, but no longer than `ms`; its failure is OpenTelemetry's to report. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
