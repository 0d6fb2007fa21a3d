/**
 * One collection of an API server over real HTTP: honest by itself, as kube-apiserver is with pages, versions, watches and
 * bookmarks, and hostile where a test says so. It shows what the reflector survives, not what Kubernetes does.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedRequest {
  readonly kind: 'list' | 'watch';
  readonly query: URLSearchParams;
  /** Milliseconds, monotonic. */
  readonly at: number;
}

type Answer = (response: ServerResponse, request: ScriptedRequest) => void;

export interface ScriptedApi {
  readonly server: string;
  readonly requests: readonly ScriptedRequest[];
  /** Names and versions of the objects there are. */
  objects(): ReadonlyMap<string, string>;
  put(name: string): void;
  remove(name: string): void;
  /** Forgets its history: watches of older versions are answered with 410. */
  compact(): void;
  /** The next request of that kind is answered so. */
  next(kind: ScriptedRequest['kind'], answer: Answer): void;
  /** Answers honestly from now on; watches that are open are cut. */
  heal(): void;
  /** What every open watch is sent, or done with. */
  toWatches(act: (response: ServerResponse) => void): void;
  count(kind: ScriptedRequest['kind']): number;
  stop(): Promise<void>;
}

export const COLLECTION = '/api/v1/things';

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', code, message: `told to say ${code}` }));
  };
}

export function eventLine(type: string, name: string, version: string): string {
  return `${JSON.stringify({ type, object: { metadata: { name, resourceVersion: version } } })}\n`;
}

export async function startScriptedApi(): Promise<ScriptedApi> {
  const api = new Scripted();
  await api.listen();
  return api;
}

interface HistoryEvent {
  readonly version: number;
  readonly line: string;
}

class Scripted implements ScriptedApi {
  server = '';
  readonly requests: ScriptedRequest[] = [];
  readonly #objects = new Map<string, number>();
  readonly #watches = new Set<ServerResponse>();
  readonly #answers: Record<ScriptedRequest['kind'], Answer[]> = { list: [], watch: [] };
  readonly #http = createServer((request, response) =>
    this.#serve(new URL(request.url ?? '', 'http://x'), response),
  );
  #history: HistoryEvent[] = [];
  #version = 100;
  #compacted = 0;

  async listen(): Promise<void> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    this.server = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  objects(): ReadonlyMap<string, string> {
    return new Map([...this.#objects].map(([name, version]) => [name, String(version)]));
  }

  put(name: string): void {
    const type = this.#objects.has(name) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(name, ++this.#version);
    this.#happened(type, name);
  }

  remove(name: string): void {
    this.#version += 1;
    this.#objects.delete(name);
    this.#happened('DELETED', name);
  }

  compact(): void {
    this.#compacted = ++this.#version;
    this.#history = [];
  }

  next(kind: ScriptedRequest['kind'], answer: Answer): void {
    this.#answers[kind].push(answer);
  }

  heal(): void {
    for (const answers of Object.values(this.#answers)) answers.length = 0;
    this.toWatches((response) => response.destroy());
  }

  toWatches(act: (response: ServerResponse) => void): void {
    for (const response of this.#watches) act(response);
  }

  count(kind: ScriptedRequest['kind']): number {
    return this.requests.filter((request) => request.kind === kind).length;
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #happened(type: string, name: string): void {
    const line = eventLine(type, name, String(this.#version));
    this.#history.push({ version: this.#version, line });
    this.toWatches((response) => response.write(line));
  }

  #serve(url: URL, response: ServerResponse): void {
    const kind = url.searchParams.has('watch') ? 'watch' : 'list';
    const request: ScriptedRequest = { kind, query: url.searchParams, at: performance.now() };
    this.requests.push(request);
    const honest = kind === 'watch' ? this.#watch : this.#list;
    const answer = this.#answers[kind].shift() ?? honest.bind(this);
    answer(response, request);
  }

  #list(response: ServerResponse, { query }: ScriptedRequest): void {
    const all = [...this.#objects];
    const from = Number(query.get('continue') ?? 0);
    const to = from + Number(query.get('limit') ?? all.length);
    const items = all
      .slice(from, to)
      .map(([name, version]) => ({ metadata: { name, resourceVersion: `${version}` } }));
    const metadata = {
      resourceVersion: `${this.#version}`,
      ...(to < all.length ? { continue: `${to}` } : {}),
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ metadata, items }));
  }

  #watch(response: ServerResponse, request: ScriptedRequest): void {
    const from = Number(request.query.get('resourceVersion'));
    if (from < this.#compacted) return status(410)(response, request);
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for (const { version, line } of this.#history) if (version > from) response.write(line);
    this.#watches.add(response);
    response.on('close', () => this.#watches.delete(response));
  }
}
