/**
 * Where a connection was going before the packet filter redirected it here: SO_ORIGINAL_DST of Linux, which Node does not
 * have. Called through koffi, whose library is loaded only where connections are captured.
 */
import { SocketAddress, type Socket } from 'node:net';

export interface OriginalDestination {
  /** In canonical form. */
  readonly host: string;
  readonly port: number;
}

/** Undefined: the connection was not redirected, or is gone. */
export type OriginalOf = (socket: Socket) => OriginalDestination | undefined;

/** Of linux/netfilter_ipv4.h and linux/netfilter_ipv6/ip6_tables.h. */
const SO_ORIGINAL_DST = 80;
const LEVELS = { IPv4: 0, IPv6: 41 } as const;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCKADDR_BYTES = 28;

/** Rejects where there is no such call: only Linux has it. */
export async function openOriginalOf(): Promise<OriginalOf> {
  const { default: koffi } = await import('koffi');
  const getsockopt = koffi
    .load(null)
    .func('int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)') as (
    ...call: readonly [fd: number, level: number, name: number, bytes: Buffer, length: number[]]
  ) => number;
  return (socket) => {
    const fd = fdOf(socket);
    if (fd === undefined) return undefined;
    const bytes = Buffer.alloc(SOCKADDR_BYTES);
    const level = socket.localFamily === 'IPv6' ? LEVELS.IPv6 : LEVELS.IPv4;
    return getsockopt(fd, level, SO_ORIGINAL_DST, bytes, [bytes.length]) === 0
      ? readSockaddr(bytes)
      : undefined;
  };
}

/** Node shows it to nobody. */
function fdOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}

/** `struct sockaddr_in` or `sockaddr_in6`, as the kernel of this machine writes it. */
export function readSockaddr(bytes: Buffer): OriginalDestination | undefined {
  if (bytes.length < SOCKADDR_BYTES) return undefined;
  const [family] = new Uint16Array(Uint8Array.from(bytes.subarray(0, 2)).buffer);
  const port = bytes.readUInt16BE(2);
  if (family === AF_INET) return { host: bytes.subarray(4, 8).join('.'), port };
  if (family !== AF_INET6) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(8 + 2 * i).toString(16));
  return { host: new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address, port };
}
