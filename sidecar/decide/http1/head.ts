/**
 * The HTTP/1.1 codec of the sidecar (RFC 9112), pure and strict: bytes are parsed into the model of this file, and
 * what is sent is written from the model, never copied from what came. What two parsers could read in two ways is
 * refused. Head readers and body readers work on the caller's buffers and give ranges of them back, not copies.
 */

export type Version = '1.0' | '1.1';

/**
 * How the length of a body is told. `none`: there is no body. `until-close`: responses only. `tunnel`: after this
 * head the connection is opaque bytes both ways (101, or 2xx to CONNECT).
 */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }
  | { readonly kind: 'tunnel' };

type TargetForm = 'origin' | 'absolute' | 'authority' | 'asterisk';

/** The request target, parsed once; policy is decided on, and the next hop is sent, exactly this. */
export interface Target {
  readonly form: TargetForm;
  /** Canonical (see path.ts); `*` for the asterisk form; empty for the authority form. */
  readonly path: string;
  /** Empty, or `?` and all that follows, as it came. */
  readonly query: string;
}

/**
 * Fields that travel end to end, alternating name, value, name, value. Names are lower case; values are Latin-1,
 * without surrounding blanks. Fields of one hop (Connection and what it names, Keep-Alive, Proxy-*, TE, Trailer,
 * Upgrade, HTTP2-Settings) and fields that the rest of the model states (Host, Content-Length, Transfer-Encoding,
 * Expect) are not in it: the writer makes them anew.
 */
export type HeaderList = readonly string[];

export interface RequestHead {
  readonly method: string;
  readonly target: Target;
  readonly version: Version;
  /** Host, or the authority of the target: canonical `name[:port]` (see authority.ts). Empty: HTTP/1.0 without Host. */
  readonly host: string;
  readonly headers: HeaderList;
  readonly framing: Framing;
  /** Whether the client wants the connection to stay open after this exchange. */
  readonly keepAlive: boolean;
  /** `websocket` is the only upgrade that is passed on; any other is ignored, as RFC 9110 7.8 allows. */
  readonly upgrade: 'websocket' | undefined;
  readonly expectContinue: boolean;
}

export interface ResponseHead {
  /** 100-599 */
  readonly status: number;
  readonly reason: string;
  readonly version: Version;
  readonly headers: HeaderList;
  readonly framing: Framing;
  /** The Content-Length as stated, also where there is no body (HEAD, 304). */
  readonly contentLength: number | undefined;
  /** Whether the connection may carry another exchange once this body has been read to its end. */
  readonly keepAlive: boolean;
  /** Of a 101 only. */
  readonly upgrade: 'websocket' | undefined;
}

export function hasBody(framing: Framing): boolean {
  return framing.kind === 'length' ? framing.length > 0 : framing.kind !== 'none';
}

/** The target as it is sent: origin form, `*`, or the authority of a CONNECT. */
export function formatTarget(head: RequestHead): string {
  const { target } = head;
  return target.form === 'authority' ? head.host : target.path + target.query;
}

/** The first value of a field (`name` in lower case), or undefined. */
export function findHeader(headers: HeaderList, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === name) return headers[i + 1];
  }
  return undefined;
}

/** The list without every field that `drop` chooses; the same list when there is none. */
export function withoutHeaders(headers: HeaderList, drop: (name: string) => boolean): HeaderList {
  let kept: string[] | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (drop(name)) kept ??= headers.slice(0, i);
    else kept?.push(name, headers[i + 1] as string);
  }
  return kept ?? headers;
}
