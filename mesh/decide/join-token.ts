/** The join token as one line: `isthmus-join-` and base64url of its content with a checksum against typing errors. */
import { forge } from '../kit/forge.ts';
import { err, ok, type Result } from '../kit/result.ts';
import type { GatewayAddress } from '../model/catalog.ts';
import { fault, type Fault } from '../model/fault.ts';
import { isDnsLabel, type ClusterName, type MeshName } from '../model/names.ts';

export interface JoinToken {
  readonly mesh: MeshName;
  readonly founder: ClusterName;
  readonly gateways: readonly GatewayAddress[];
  /** Lower-case hex SHA-256 of the root certificate's DER. */
  readonly rootFingerprint: string;
  readonly cluster: ClusterName;
  /** Hex of 32 bytes. */
  readonly secret: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const PREFIX = 'isthmus-join-';
const MAX_LENGTH = 8192;
const CHECKSUM = 8;

export function encodeJoinToken(token: JoinToken): string {
  const content = Buffer.from(JSON.stringify({ v: 1, ...token })).toString('base64url');
  return PREFIX + content + checksum(content);
}

export function decodeJoinToken(text: string): Result<JoinToken, Fault> {
  const bad = (what: string): Result<never, Fault> => err(fault('token_invalid', 'join token', what));
  const line = text.trim();
  if (!line.startsWith(PREFIX) || line.length > MAX_LENGTH)
    return bad(`does not begin with ${PREFIX}, or is too long`);
  const content = line.slice(PREFIX.length, -CHECKSUM);
  if (checksum(content) !== line.slice(-CHECKSUM))
    return bad('is incomplete or altered; copy the whole line');
  try {
    const token = JSON.parse(Buffer.from(content, 'base64url').toString()) as JoinToken & { v: unknown };
    const wrong = wrongField(token);
    if (wrong !== undefined)
      return err({ ...fault('token_invalid', 'join token', 'is missing or malformed'), field: wrong });
    const { mesh, founder, gateways, rootFingerprint, cluster, secret, expiresAt } = token;
    return ok({ mesh, founder, gateways, rootFingerprint, cluster, secret, expiresAt });
  } catch {
    return bad('cannot be read');
  }
}

function wrongField(token: JoinToken & { v: unknown }): string | undefined {
  if (token.v !== 1) return 'v';
  for (const field of ['mesh', 'founder', 'cluster'] as const)
    if (!isText(token[field], /^/) || !isDnsLabel(token[field])) return field;
  for (const field of ['rootFingerprint', 'secret'] as const)
    if (!isText(token[field], /^[0-9a-f]{64}$/)) return field;
  if (!Number.isSafeInteger(token.expiresAt)) return 'expiresAt';
  const gateways: unknown = token.gateways;
  const good =
    Array.isArray(gateways) && gateways.length > 0 && gateways.length <= 16 && gateways.every(isGateway);
  return good ? undefined : 'gateways';
}

function isGateway(entry: unknown): boolean {
  const { host, port, zone } = (entry ?? {}) as Partial<GatewayAddress>;
  const portOk = Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
  return isText(host, /^[a-zA-Z0-9.:-]{1,253}$/) && portOk && isText(zone, /^[\w./-]{0,63}$/);
}

function isText(value: unknown, shape: RegExp): boolean {
  return typeof value === 'string' && shape.test(value);
}

function checksum(content: string): string {
  const digest = forge.md.sha256.create().update(content).digest().getBytes();
  return Buffer.from(digest, 'binary').toString('base64url').slice(0, CHECKSUM);
}
