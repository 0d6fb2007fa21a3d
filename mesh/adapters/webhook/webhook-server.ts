/**
 * The HTTPS server that API servers ask about new pods. Who else can reach it learns nothing but how a pod with a sidecar
 * looks; all that is held for whoever asks is bounded.
 */
import type { AddressInfo } from 'node:net';
import type { Server as HttpsServer } from 'node:https';
import { fastify } from 'fastify';
import { firstLine } from '../../kit/quoted.ts';
import { formatFault } from '../../model/fault.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { WEBHOOK_PATH } from '../kubernetes/installation.ts';
import { admitPod, type Verdict } from './admit-pod.ts';
import { allow, parseReview } from './admission-review.ts';

/** PEM */
export interface ServingCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface WebhookServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** What sidecars are made of. */
  readonly image: string;
  readonly certificate: ServingCertificate;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface WebhookServer {
  readonly port: number;
  /** For connections that come from now on; those that are open go on. */
  renew(certificate: ServingCertificate): void;
  /** From now on clients are told to take another connection. */
  leave(): void;
  /** Ends open connections too. Idempotent. */
  stop(): Promise<void>;
}

/** The most that an API server itself takes. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** Of all bodies that are being read. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
const MAX_CONNECTIONS = 1024;
const TLS_LIMITS = {
  ...{ maxHeaderSize: 16 * 1024, headersTimeout: 5_000, handshakeTimeout: 5_000 },
  ...{ connectionsCheckingInterval: 1_000, minVersion: 'TLSv1.2' as const },
};
/** Go's clients drop an idle connection after 90 s: one that drops it first would meet their next request. */
const KEEP_ALIVE_MS = 120_000;
const REQUEST_MS = 5_000;

/** Rejects with the address and the reason when it cannot listen. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { host, port, certificate } = options;
  const app = createApp(certificate);
  const state = { leaving: false };
  boundBodies(app);
  answerReviews(app, options);
  app.addHook('onSend', async (_request, reply) => {
    // Not awaited: a reply resolves when it has been sent.
    if (state.leaving) void reply.header('connection', 'close');
    return Promise.resolve();
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  await app.listen({ host, port }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : 'unknown error';
    throw new Error(`the webhook cannot listen on ${host}:${port}: ${why}`, { cause });
  });
  return {
    port: (app.server.address() as AddressInfo).port,
    renew: (renewed) => app.server.setSecureContext(contextOf(renewed)),
    leave: () => void (state.leaving = true),
    stop: () => app.close(),
  };
}

/** What is used of a reply. */
interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: object): Reply;
}

type App = ReturnType<typeof createApp>;

function createApp(certificate: ServingCertificate) {
  return fastify<HttpsServer>({
    https: { ...TLS_LIMITS, ...contextOf(certificate) },
    ...{ logger: false, bodyLimit: MAX_BODY_BYTES, exposeHeadRoutes: false, forceCloseConnections: true },
    // While it ends it still answers: an API server that is refused makes pods without sidecars.
    ...{ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS, return503OnClosing: false },
  });
}

function contextOf({ certificate, privateKey }: ServingCertificate): {
  readonly cert: string;
  readonly key: string;
} {
  return { cert: certificate, key: privateKey };
}

/** A body says how long it is before it is read. */
function boundBodies(app: App): void {
  let held = 0;
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => {
    const bytes = Number(request.headers['content-length'] ?? NaN);
    if (Number.isNaN(bytes)) throw refusal(411, 'the body does not say how long it is');
    if (bytes > MAX_BODY_BYTES) throw refusal(413, `the body is over ${MAX_BODY_BYTES} bytes`);
    if (held + bytes > MAX_HELD_BYTES) throw refusal(503, 'too many bodies are being read; try again');
    held += bytes;
    reply.raw.once('close', () => (held -= bytes));
    return Promise.resolve();
  });
}

function refusal(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}

function answerReviews(app: App, { image, metrics, log }: WebhookServerOptions): void {
  const count = metrics.counter({
    ...{ name: 'isthmus_webhook_reviews_total', labels: ['outcome', 'reason'] },
    help: 'New pods that an API server has asked about, by what was done and why.',
  });
  const refuse = (reply: Reply, status: number, message: string): Reply => {
    count({ outcome: 'malformed', reason: String(status) }).add();
    // What is left of a body that was not read has no bound in time.
    if (status !== 400) reply.header('connection', 'close');
    return reply.code(status).send({ code: 'invalid_manifest', message });
  };
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, `only POST ${WEBHOOK_PATH} is served`));
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, _request, reply) => {
    const { statusCode: status = 500 } = error;
    if (status >= 500 && status !== 503) log.error('a review could not be answered', { cause: error });
    return refuse(
      reply,
      status,
      status === 500 ? 'could not be answered; see the log' : firstLine(error.message),
    );
  });
  app.post(WEBHOOK_PATH, (request, reply) => {
    const review = parseReview(request.body);
    if (!review.ok) return refuse(reply, 400, formatFault(review.error));
    const { uid, namespace } = review.value;
    const verdict = admitPod(review.value, image);
    count({ outcome: verdict.kind, reason: reasonOf(verdict) }).add();
    if (verdict.kind !== 'cannot') return reply.send(allow(uid, verdict));
    const detail = formatFault(verdict.why);
    log.warn('a pod is left without a sidecar', { namespace, reason: verdict.why.code, detail });
    return reply.send(allow(uid, { warning: `no sidecar: ${detail}` }));
  });
}

function reasonOf(verdict: Verdict): string {
  if (verdict.kind === 'injected') return '';
  return verdict.kind === 'untouched' ? verdict.why : verdict.why.code;
}
