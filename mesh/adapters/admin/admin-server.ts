/**
 * The admin port of each program: /livez, /readyz and /metrics for all; everything else needs the bearer token and a
 * Host header that names this machine, because loopback is not an identity (a web page can reach it too).
 */
import { timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { PrometheusMetrics } from '../metrics/prometheus-metrics.ts';

export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  readonly note?: string;
}

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: PrometheusMetrics;
  readonly ready: () => readonly Readiness[];
  /** Adds the program's own routes, guarded by `token`. */
  readonly api?: { readonly token: string; readonly routes: (app: FastifyInstance) => void };
}

export interface AdminServer {
  readonly port: number;
  stop(): Promise<void>;
}

const OPEN = new Set(['/livez', '/readyz', '/metrics']);

export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const app = fastify({ bodyLimit: 64 * 1024, forceCloseConnections: true });
  app.get('/livez', () => 'ok');
  app.get('/readyz', (_request, reply) => {
    const checks = options.ready();
    const text = checks
      .map(({ name, ok, note }) => `[${ok ? '+' : '-'}]${name}${note === undefined ? '' : ` ${note}`}\n`)
      .join('');
    return reply
      .code(checks.every(({ ok }) => ok) ? 200 : 503)
      .type('text/plain')
      .send(text);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.expose()),
  );
  app.addHook('onRequest', (request, reply, done) => {
    const allowed = OPEN.has(request.url.split('?', 1)[0] ?? '') || isAuthorized(request, options);
    if (!allowed)
      return void reply
        .code(401)
        .send({ code: 'access_denied', message: 'needs the bearer token of run/controller.json' });
    done();
  });
  options.api?.routes(app);
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  return { port, stop: () => app.close() };
}

function isAuthorized(request: FastifyRequest, { api, host }: AdminOptions): boolean {
  const hostName = request.hostname;
  if (hostName !== host && hostName !== 'localhost' && hostName !== '127.0.0.1') return false;
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${api?.token ?? ''}`);
  return api !== undefined && given.length === wanted.length && timingSafeEqual(given, wanted);
}
