/** Route ids: what stands for a service's port on the wire, so that no service name leaks in a server name. */
import { forge } from '../kit/forge.ts';
import type { RouteId, ServiceKey } from '../model/names.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const CHARACTERS = 26;

/** The first 130 bits of HMAC-SHA256(key, "<namespace>/<service>:<port>"), in lower-case base32 (RFC 4648). */
export function routeId(key: Uint8Array, service: ServiceKey, port: number): RouteId {
  const hmac = forge.hmac.create();
  hmac.start('sha256', forge.util.createBuffer(Buffer.from(key).toString('binary')));
  hmac.update(`${service}:${port}`);
  const bytes = Buffer.from(hmac.digest().getBytes(), 'binary');
  let id = '';
  for (let i = 0; i < CHARACTERS; i++) {
    const bit = i * 5;
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    id += ALPHABET[(pair >> (11 - (bit & 7))) & 31];
  }
  return id as RouteId;
}
