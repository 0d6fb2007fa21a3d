/** The inside of a ClientHello (RFC 8446 4.1.2): every length is checked, every vector must end where it says. */
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import {
  byteText,
  cursorOver,
  remaining,
  takeBytes,
  takeUint,
  takeVector,
  type ByteCursor,
} from './byte-cursor.ts';
import { normalizeServerName } from './server-name.ts';

export interface HelloBody {
  /** In normal form; undefined when the client names no server. */
  readonly serverName: string | undefined;
  /** Protocol names as sent, one character per byte. */
  readonly alpn: readonly string[];
}

const LEGACY_VERSION = 0x0303;
const EXTENSION_SERVER_NAME = 0;
const EXTENSION_ALPN = 16;
const NAME_TYPE_HOST = 0;

/** `bytes` is the ClientHello without its handshake header. */
export function parseHelloBody(bytes: Uint8Array): Result<HelloBody, Fault> {
  const extensions = extensionBlock(cursorOver(bytes));
  if (!extensions.ok) return extensions;
  const found = collectExtensions(extensions.value);
  if (!found.ok) return found;
  const serverName = readServerName(found.value.get(EXTENSION_SERVER_NAME));
  if (!serverName.ok) return serverName;
  const alpn = readAlpn(found.value.get(EXTENSION_ALPN));
  return alpn.ok ? ok({ serverName: serverName.value, alpn: alpn.value }) : alpn;
}

function extensionBlock(cursor: ByteCursor): Result<ByteCursor, Fault> {
  if (takeUint(cursor, 2) !== LEGACY_VERSION) return malformed('is older than TLS 1.2');
  const random = takeBytes(cursor, 32);
  const session = takeVector(cursor, 1);
  const ciphers = takeVector(cursor, 2);
  const compression = takeVector(cursor, 1);
  if (!random || !session || !ciphers || !compression) return malformed('ends too early');
  if (remaining(session) > 32) return malformed('has a session id over 32 bytes');
  const cipherBytes = remaining(ciphers);
  if (cipherBytes === 0 || cipherBytes % 2 === 1) return malformed('has no whole list of cipher suites');
  if (remaining(compression) === 0) return malformed('has no compression method');
  if (remaining(cursor) === 0) return ok(cursor);
  const extensions = takeVector(cursor, 2);
  if (!extensions || remaining(cursor) > 0) return malformed('does not end where its extensions end');
  return ok(extensions);
}

function collectExtensions(cursor: ByteCursor): Result<ReadonlyMap<number, ByteCursor>, Fault> {
  const found = new Map<number, ByteCursor>();
  while (remaining(cursor) > 0) {
    const type = takeUint(cursor, 2);
    const body = takeVector(cursor, 2);
    if (type === undefined || !body) return malformed('has an extension that ends too early');
    if (found.has(type)) return malformed(`has extension ${type} twice`);
    found.set(type, body);
  }
  return ok(found);
}

function readServerName(extension: ByteCursor | undefined): Result<string | undefined, Fault> {
  if (!extension) return ok(undefined);
  const list = takeVector(extension, 2);
  if (!list || remaining(extension) > 0) return malformed('has a server name list of the wrong length');
  const type = takeUint(list, 1);
  const name = takeVector(list, 2);
  if (type !== NAME_TYPE_HOST || !name) return malformed('has a server name that is not a host name');
  if (remaining(list) > 0)
    return err(fault('sni_invalid', 'client', 'the ClientHello has several server names'));
  return normalizeServerName(byteText(name));
}

function readAlpn(extension: ByteCursor | undefined): Result<readonly string[], Fault> {
  if (!extension) return ok([]);
  const list = takeVector(extension, 2);
  if (!list || remaining(extension) > 0) return malformed('has a protocol list of the wrong length');
  const names: string[] = [];
  while (remaining(list) > 0) {
    const name = takeVector(list, 1);
    if (!name || remaining(name) === 0) return malformed('has an empty protocol name');
    names.push(byteText(name));
  }
  return ok(names);
}

function malformed(flaw: string): Result<never, Fault> {
  return err(fault('hello_malformed', 'client', `the ClientHello ${flaw}`));
}
