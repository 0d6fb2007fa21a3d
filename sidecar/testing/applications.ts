/** Small servers and clients for tests. */
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import type { HostPort } from '../addresses.ts';

export interface TestApp {
  readonly port: number;
  /** Heads of the requests that came, in order. */
  readonly requests: readonly http.IncomingMessage[];
  readonly connections: () => number;
  stop(): Promise<void>;
}

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export async function startHttpApp(handle: Handler | string): Promise<TestApp> {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    if (typeof handle === 'string') response.end(handle);
    else handle(request, response);
  });
  server.keepAliveTimeout = 60_000;
  return { requests, ...(await listen(server)) };
}

export async function startTcpApp(accept: (socket: net.Socket) => void): Promise<Omit<TestApp, 'requests'>> {
  return listen(
    net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      accept(socket);
    }),
  );
}

async function listen(server: net.Server): Promise<Omit<TestApp, 'requests'>> {
  const open = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => open.size,
    async stop() {
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly via: HostPort;
  /** `http://...` for a proxy, or a path. */
  readonly url: string;
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly agent?: http.Agent;
}

/** Status 0 and the error's code as the body when the connection fails. */
export function ask({ via, url, method = 'GET', headers = {}, body, agent }: Ask): Promise<Answer> {
  return new Promise((resolve) => {
    const target = {
      host: via.host,
      port: via.port,
      path: url,
      method,
      headers,
      ...(agent === undefined ? {} : { agent }),
    };
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({ status: 0, headers: {}, body: error.code ?? error.message });
    const host = url.startsWith('http://') ? { host: new URL(url).host } : {};
    const request = http.request({ ...target, headers: { ...host, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => {
        const { statusCode: status = 0 } = response;
        resolve({ status, headers: response.headers, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on('error', failed);
    request.end(body);
  });
}

/** Asks `check` every few milliseconds until it answers true; throws with `what` after `timeoutMs`. */
export async function until(what: string, check: () => boolean, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
