/**
 * The shop: web -> cart -> pricing -> inventory over HTTP, and a ledger over plain TCP. Ordinary Node programs that
 * know nothing of the mesh: they call each other by name. Node sends those calls to the sidecar because `isthmus run`
 * sets HTTP_PROXY and NODE_USE_ENV_PROXY.
 *
 * This file is what the HTTP services share: ask another service for JSON, and pass the trace headers on.
 */
import http from 'node:http';

const TRACE_HEADERS = [
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-sampled',
  'x-request-id',
];

const agent = new http.Agent({ keepAlive: true, maxSockets: 256, proxyEnv: process.env });

export class CallFailed extends Error {
  readonly status: number;
  constructor(url: string, status: number) {
    super(`${url} answered ${status}`);
    this.status = status;
  }
}

/** GETs JSON from another service, within the caller's own request: its trace headers go along. */
export function call(url: string, caller: http.IncomingMessage): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent, headers: traceHeaders(caller) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new CallFailed(url, response.statusCode ?? 0));
        resolve(JSON.parse(text) as Record<string, unknown>);
      });
    });
    request.on('error', reject);
  });
}

function traceHeaders(caller: http.IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of TRACE_HEADERS) {
    const value = caller.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

type Handler = (request: http.IncomingMessage) => Promise<Record<string, unknown>>;

/** Serves every request with `handle`; a failed call to another service becomes 502. Ends on SIGTERM. */
export function serve(handle: Handler): void {
  const server = http.createServer((request, response) => {
    handle(request).then(
      (body) => answer(response, 200, body),
      (cause: unknown) => answer(response, 502, { error: String(cause) }),
    );
  });
  server.keepAliveTimeout = 75_000;
  server.listen(Number(process.env['PORT'] ?? 8080), process.env['HOST'] ?? '127.0.0.1');
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
}

function answer(response: http.ServerResponse, status: number, body: Record<string, unknown>): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
