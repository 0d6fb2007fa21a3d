/**
 * The admin port of each program: /livez, /readyz and /metrics for all; everything else needs the bearer token and a
 * Host header that names this machine, because loopback is not an identity (a web page can reach it too, threat S33).
 *
 * It is node:http and not fastify because every sidecar has one: measured beside gRPC, pino and prom-client's registry,
 * fastify adds 7 MB of RSS to each of them, of the 80 MB that a sidecar may have in all; node:http adds 2 MB.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../../ports/log.ts';
import { answer, type AdminApi } from './admin-routes.ts';
import { readinessReply, type Readiness } from './readiness.ts';
import { sendJson, sendText } from './send.ts';

export interface AdminOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: { expose(): Promise<string>; readonly contentType: string };
  /** Read at each /readyz; ready when all are ok. */
  readonly ready: () => readonly Readiness[];
  /** Open routes of the program's own. */
  readonly open?: OpenRoutes;
  /** The program's own routes, guarded by `token`. */
  readonly api?: AdminApi;
  /** Told of what a route threw. */
  readonly log?: Pick<Log, 'error'>;
}

/** For whoever asks, like /livez: it says no more than yes or no. */
export interface OpenRoutes {
  /** Of their paths: `/app-health/`. */
  readonly prefix: string;
  /** `name`: what follows the prefix. */
  answer(name: string, userAgent: string): Promise<{ readonly status: number; readonly text: string }>;
}

export interface AdminServer {
  readonly port: number;
  /** Ends open connections too. Idempotent. */
  stop(): Promise<void>;
}

const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 256;

/** Rejects with the address and the reason when it cannot listen. */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const expose = shared(options.metrics.expose);
  const server = createServer(LIMITS, (request, response) => {
    const url = new URL(
      request.url?.startsWith('/') === true ? `http://admin${request.url}` : 'http://admin/-',
    );
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && url.pathname === '/livez') return sendText(response, 200, 'ok\n');
    if (reads && url.pathname === '/readyz') {
      const { status, text } = readinessReply(options.ready(), url.searchParams.has('verbose'));
      return sendText(response, status, text);
    }
    const fail = (cause: unknown): void => {
      options.log?.error('admin request failed', { path: url.pathname, cause });
      sendJson(response, 500, { code: 'io_failed', message: 'the program could not answer; see its log' });
    };
    if (reads && url.pathname === '/metrics') {
      return void expose().then((text) => sendText(response, 200, text, options.metrics.contentType), fail);
    }
    const { open } = options;
    if (reads && open !== undefined && url.pathname.startsWith(open.prefix)) {
      const asked = open.answer(url.pathname.slice(open.prefix.length), request.headers['user-agent'] ?? '');
      return void asked.then(({ status, text }) => sendText(response, status, text), fail);
    }
    answer({ request, response, url }, options).catch(fail);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, options);
  return { port: (server.address() as AddressInfo).port, stop: () => stop(server) };
}

/** Several scrapes at a time are given one text, so that a flood of them costs no more than one. */
function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= make().finally(() => {
      running = undefined;
    });
    return running;
  };
}

function listening(server: Server, { host, port }: AdminOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`the admin port cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen({ host, port }, resolve);
  });
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}
