import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** The token, where the Authorization header does not reach the program. */
export const TOKEN_HEADER = 'x-isthmus-token';

/** Why a request may not use the guarded routes, or undefined when it may. */
export function refusal(
  request: IncomingMessage,
  { host, token }: { readonly host: string; readonly token: string | undefined },
): { readonly status: number; readonly message: string } | undefined {
  const origin = request.headers.origin;
  if (!namesThisMachine(request.headers.host, host) || (origin !== undefined && !isOwnOrigin(origin, host))) {
    return { status: 403, message: 'the Host or Origin header does not name this machine' };
  }
  if (token === undefined || !isSame(tokenOf(request), token)) {
    return { status: 401, message: 'needs the token of run/controller.json, or of the Secret isthmus-admin' };
  }
  return undefined;
}

/** An API server that forwards a request takes the Authorization header for itself. */
function tokenOf({ headers }: IncomingMessage): string {
  const forwarded = headers[TOKEN_HEADER];
  if (typeof forwarded === 'string') return forwarded;
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

/**
 * A web page that rebinds its own DNS name to this address sends that name, so names other than `localhost` and the
 * configured one are refused; an address cannot be rebound.
 */
function namesThisMachine(header: string | undefined, host: string): boolean {
  const name = (header ?? '').replace(/:\d{1,5}$/, '').toLowerCase();
  const bare = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
  return name === 'localhost' || name === host.toLowerCase() || isIP(bare) !== 0;
}

function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && namesThisMachine(new URL(origin).host, host);
}

/** In time that tells nothing of the token. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
