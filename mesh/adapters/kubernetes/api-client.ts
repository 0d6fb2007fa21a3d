/**
 * Requests to an API server, with one agent for all of them. Everything that comes back is bounded and checked for being
 * JSON; what it says is for the caller to check. A watch has no end but its own: see reflector.ts.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { firstLine } from '../../kit/quoted.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ApiAccess } from './api-access.ts';
import { isRecord } from './api-object.ts';
import { createLineReader } from './line-reader.ts';

/** Why a request failed. */
export interface ApiFault extends Fault {
  /** Of the HTTP response; absent when there was none. */
  readonly status?: number;
  /** As the server asked for (RFC 9110 10.2.3). */
  readonly retryAfterMs?: number;
  /** Of the response, where that was JSON. */
  readonly body?: unknown;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/services` */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body; `application/json` when absent. */
  readonly contentType?: string;
  /** Beside those that prove who asks. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface WatchRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** One event, not parsed. */
  onLine(line: string): void;
  /** Called once. Absent: the server ended the watch properly. */
  onEnd(failure: ApiFault | undefined): void;
}

export interface ApiClient {
  request(request: ApiRequest): Promise<Result<ApiAnswer, ApiFault>>;
  /** Answers the way to cancel it; `onEnd` is not called then. */
  watch(request: WatchRequest): () => void;
  /** Ends the connections that it keeps. */
  stop(): void;
}

const REQUEST_MS = 30_000;
/** A page of 500 objects of 100 KB each has 50 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** etcd takes objects of up to 1.5 MB. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

export function createApiClient(access: ApiAccess): ApiClient {
  const agentOptions = { keepAlive: true, keepAliveMsecs: 10_000, maxFreeSockets: 4 };
  const agent = access.server.startsWith('http:')
    ? new HttpAgent(agentOptions)
    : new HttpsAgent(agentOptions);
  return {
    request: (request) => send(request, { access, agent }),
    watch: (request) => watch(request, { access, agent }),
    stop: () => agent.destroy(),
  };
}

interface Means {
  readonly access: ApiAccess;
  readonly agent: HttpAgent;
}

async function send(request: ApiRequest, means: Means): Promise<Result<ApiAnswer, ApiFault>> {
  const timeout = AbortSignal.timeout(REQUEST_MS);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  try {
    const response = await open({ ...request, signal }, means);
    const text = await readText(response, MAX_BODY_BYTES);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) return err(refusal(request.path, response, text));
    return ok({ status, body: JSON.parse(text) as unknown });
  } catch (cause) {
    return err(
      unreachable(request.path, timeout.aborted ? new Error('no answer in time', { cause }) : cause),
    );
  }
}

function watch({ path, query, onLine, onEnd }: WatchRequest, means: Means): () => void {
  const cancelled = new AbortController();
  const { signal } = cancelled;
  const end = (failure: ApiFault | undefined): void => {
    if (signal.aborted) return;
    cancelled.abort();
    onEnd(failure);
  };
  const run = async (): Promise<void> => {
    const response = await open({ method: 'GET', path, query, signal }, means);
    if (response.statusCode !== 200)
      return end(refusal(path, response, await readText(response, MAX_ERROR_BYTES)));
    const lines = createLineReader(MAX_LINE_BYTES, onLine);
    const tooLong = fault('io_failed', path, `an event of the watch is over ${MAX_LINE_BYTES} bytes`);
    response
      .on('data', (chunk: Buffer) => void (lines.push(chunk) || end(tooLong)))
      .on('end', () => end(undefined))
      .on('error', (cause) => end(unreachable(path, cause)));
  };
  run().catch((cause: unknown) => end(unreachable(path, cause)));
  return () => cancelled.abort();
}

/** Rejects when no head of a response came. */
async function open(request: ApiRequest, { access, agent }: Means): Promise<IncomingMessage> {
  const { headers, ...tls } = await access.credentials();
  const url = new URL(access.server.replace(/\/$/, '') + request.path);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const { signal } = request;
  return new Promise((resolve, reject) => {
    const sent = start(url, {
      ...{ ...tls, agent, method: request.method },
      ...(access.socketPath === undefined ? {} : { socketPath: access.socketPath }),
      headers: {
        ...{ ...headers, ...request.headers, accept: 'application/json', 'user-agent': 'isthmus' },
        ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
    });
    // Not by Node's own `signal` option: that fails the socket, which may be the agent's again by then.
    const giveUp = (): void => void sent.destroy();
    signal?.addEventListener('abort', giveUp, { once: true });
    sent.once('close', () => signal?.removeEventListener('abort', giveUp));
    sent.on('response', resolve).on('error', reject).end(body);
    if (signal?.aborted === true) giveUp();
  });
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`its answer is over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unreachable(path: string, cause: unknown): ApiFault {
  const why = cause instanceof Error ? firstLine(cause.message) : 'unknown error';
  return { ...fault('unavailable', `API server ${path}`, why), cause };
}

/** The server's own words, which it sends as a Status object. */
function refusal(path: string, response: IncomingMessage, text: string): ApiFault {
  const status = response.statusCode ?? 0;
  const seconds = Number(response.headers['retry-after']);
  const code =
    status === 409 ? 'api_conflict' : status >= 500 || status === 429 ? 'unavailable' : 'api_refused';
  const body = parsed(text);
  const message = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : text;
  return {
    ...fault(code, `API server ${path}`, `answered ${status}: ${firstLine(message)}`),
    ...{ status, ...(body === undefined ? {} : { body }) },
    ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
