/**
 * The injection webhook in a controller: every controller serves it, also one that stands by; the one that leads keeps its
 * certificates. It serves as soon as there is a certificate, and takes each new one without ending a connection. Its
 * libraries take a third of a second to load on a busy node: who is about to lead begins with it last.
 */
import { keepWebhookTrust, type KeepWebhookTrust, type WebhookLives } from './keep-webhook-trust.ts';
import type { Readiness } from '../../mesh/adapters/admin/readiness.ts';
import { pause } from '../../mesh/adapters/clock/pause.ts';
import type { ApiClient } from '../../mesh/adapters/kubernetes/api-client.ts';
import type { WebhookServer, WebhookServerOptions } from '../../mesh/adapters/webhook/webhook-server.ts';
import {
  readWebhookSecret,
  type HeldCertificate,
  type WebhookSecret,
} from '../../mesh/adapters/webhook/webhook-secret.ts';
import { aborted } from '../../mesh/kit/aborted.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, formatFault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { GaugeSeries, Metrics } from '../../mesh/ports/metrics.ts';
import type { Random } from '../../mesh/ports/random.ts';

export interface WebhookOptions extends Omit<WebhookServerOptions, 'certificate'> {
  readonly api: ApiClient;
  readonly lives?: WebhookLives;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Webhook {
  readiness(): Readiness;
  /** Undefined until there is a certificate. */
  port(): number | undefined;
  /** From now on it serves, as soon as it can. Idempotent. */
  begin(): void;
  /** From now on this controller keeps the certificates, for as long as it may write. */
  lead(mayWrite: () => boolean): void;
  /** Serves for a while yet, until API servers have heard that it ends. Idempotent. */
  stop(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;
const LIVES: WebhookLives = { authorityMs: 365 * DAY_MS, servingMs: 7 * DAY_MS };
const PASS_MS = 5_000;
/** While pods wait for it. */
const FIRST_PASS_MS = 250;
const LEAVE_MS = 3_000;

export function startWebhook(options: WebhookOptions): Webhook {
  const { clock, log } = options;
  const [begun, ended, led] = [new AbortController(), new AbortController(), new AbortController()];
  // What is asked when it ends is given up.
  const api: Pick<ApiClient, 'request'> = {
    request: (request) => options.api.request({ ...request, signal: ended.signal }),
  };
  const state = newState(options.metrics);
  const run = async (): Promise<void> => {
    await aborted(AbortSignal.any([begun.signal, ended.signal]));
    while (!ended.signal.aborted) {
      tell(await pass(state, { ...options, api }).catch(unexpected), { state, log });
      // Leading begins with a pass of its own.
      const woken = led.signal.aborted ? ended.signal : AbortSignal.any([ended.signal, led.signal]);
      await pause(clock, state.server === undefined ? FIRST_PASS_MS : PASS_MS, woken);
    }
  };
  const running = run();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    ended.abort();
    await running;
    if (state.server !== undefined) await leave(state.server, clock);
    options.api.stop();
  };
  return {
    readiness: () => readiness(state),
    port: () => state.server?.port,
    begin: () => begun.abort(),
    lead(mayWrite) {
      const keep = keepWebhookTrust({ ...options, api, lives: options.lives ?? LIVES });
      state.keep = (secret) => (mayWrite() ? keep(secret) : Promise.resolve(ok(secret)));
      led.abort();
    },
    stop: () => (stopped ??= stop()),
  };
}

function newState(metrics: Metrics): State {
  return { ends: endsOf(metrics), server: undefined, served: undefined, fault: undefined, keep: undefined };
}

async function leave(server: WebhookServer, clock: Clock): Promise<void> {
  server.leave();
  await pause(clock, LEAVE_MS, new AbortController().signal);
  await server.stop();
}

function endsOf(metrics: Metrics): GaugeSeries {
  return metrics.gauge({
    ...{ name: 'isthmus_webhook_certificate_expiry_timestamp_seconds', labels: [] },
    help: 'When the certificate ends that the webhook serves; 0: it serves none yet.',
  })({});
}

interface State {
  readonly ends: GaugeSeries;
  server: WebhookServer | undefined;
  served: HeldCertificate | undefined;
  /** Of the last pass. */
  fault: Fault | undefined;
  /** In the controller that leads. */
  keep: KeepWebhookTrust | undefined;
}

function readiness({ server, fault: last }: State): Readiness {
  if (server !== undefined) return { name: 'webhook', ok: true };
  return {
    name: 'webhook',
    ok: false,
    note: last === undefined ? 'has no certificate yet' : formatFault(last),
  };
}

type PassOptions = Omit<WebhookOptions, 'api'> & { readonly api: Pick<ApiClient, 'request'> };

async function pass(state: State, options: PassOptions): Promise<Result<void, Fault>> {
  const read = await readWebhookSecret(options.api);
  if (!read.ok) return read;
  const kept = (await state.keep?.(read.value)) ?? read;
  const served = await serve(state, kept.ok ? kept.value : read.value, options);
  return kept.ok ? served : kept;
}

/** Where there is no certificate, the one that is served stays. */
async function serve(
  state: State,
  { serving }: WebhookSecret,
  options: PassOptions,
): Promise<Result<void, Fault>> {
  if (serving === undefined || serving.parsed.fingerprint256 === state.served?.parsed.fingerprint256)
    return ok(undefined);
  try {
    if (state.server === undefined) state.server = await start({ ...options, certificate: serving });
    else state.server.renew(serving);
  } catch (cause) {
    return unexpected(cause);
  }
  state.served = serving;
  state.ends.set(serving.parsed.validToDate.getTime() / 1000);
  options.log.info('webhook serves', { port: state.server.port, ends: serving.parsed.validTo });
  return ok(undefined);
}

/** Loaded here: a standalone cluster has no use for it. */
async function start(options: WebhookServerOptions): Promise<WebhookServer> {
  const { startWebhookServer } = await import('../../mesh/adapters/webhook/webhook-server.ts');
  return startWebhookServer(options);
}

function unexpected(cause: unknown): Result<never, Fault> {
  const why = cause instanceof Error ? cause.message : 'unknown error';
  return err({ ...fault('io_failed', 'webhook', why), cause });
}

/** A fault that stays is told once. */
function tell(
  result: Result<void, Fault>,
  { state, log }: { state: State } & Pick<WebhookOptions, 'log'>,
): void {
  const said = state.fault === undefined ? '' : formatFault(state.fault);
  state.fault = result.ok ? undefined : result.error;
  if (result.ok) return;
  const detail = formatFault(result.error);
  if (detail !== said) log.warn('webhook', { reason: result.error.code, detail });
}
