import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusal } from './admin-access.ts';
import { readJson } from './read-json.ts';
import { sendJson } from './send.ts';

export interface AdminRequest {
  /** Parts of the path that the route names: `/exports/:namespace/:name`. Decoded, never empty. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON, undefined when there was no body. It comes from outside: check it. */
  readonly body: unknown;
}

/** `body` is sent as JSON; a fault as it is. */
export interface AdminReply {
  readonly status: number;
  readonly body: unknown;
}

export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Segments; one that starts with `:` names a parameter. */
  readonly path: string;
  readonly handle: (request: AdminRequest) => AdminReply | Promise<AdminReply>;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

export interface AdminApi {
  readonly token: string;
  /** Asked at each request: a program that is still starting has fewer. */
  readonly routes: () => readonly AdminRoute[];
}

interface Guarded {
  readonly host: string;
  readonly api?: AdminApi;
}

/** Answers all that is not open to everybody. Who has no token learns nothing, not even which routes there are. */
export async function answer({ request, response, url }: Asked, { host, api }: Guarded): Promise<void> {
  const refused = refusal(request, { host, token: api?.token });
  if (refused !== undefined) {
    if (refused.status === 401) response.setHeader('www-authenticate', 'Bearer');
    return sendJson(response, refused.status, { code: 'access_denied', message: refused.message });
  }
  const found = findRoute(api?.routes() ?? [], request.method, url.pathname);
  if (found === undefined) {
    return sendJson(response, 404, {
      code: 'not_found',
      message: `there is no ${request.method} ${url.pathname}`,
    });
  }
  const body = await readJson(request);
  if (!body.ok) {
    response.setHeader('connection', 'close');
    return sendJson(response, body.error.status, { code: 'schema_violation', message: body.error.message });
  }
  const { params, route } = found;
  const reply = await route.handle({ params, query: url.searchParams, body: body.value });
  sendJson(response, reply.status, reply.body);
}

function findRoute(
  routes: readonly AdminRoute[],
  method: string | undefined,
  path: string,
): { readonly route: AdminRoute; readonly params: Readonly<Record<string, string>> } | undefined {
  for (const route of routes) {
    const params = route.method === method ? matchPath(route.path, path) : undefined;
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const segment = decode(given[i] ?? '');
    if (part.startsWith(':') && segment !== undefined && segment !== '') params[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
