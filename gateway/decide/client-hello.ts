/**
 * Finds the server name in the first bytes of a TLS connection (RFC 8446 4.1.2, RFC 6066 3). Reassembles the
 * ClientHello over TCP segments and TLS records, holds at most 16 KiB, never throws, and has no default: until it is
 * decided, nothing is routed.
 */
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { parseHelloBody } from './hello-body.ts';

/** The most a ClientHello may take on the wire, record headers included. */
export const HELLO_CAP_BYTES = 16 * 1024;

/** Where an earlier call stopped, so that a hello that arrives byte by byte costs no more than one that does not. */
export interface HelloProgress {
  /** Offset of the first record that has not been counted. */
  readonly record: number;
  /** Handshake bytes in the records before it. */
  readonly payload: number;
}

export type HelloVerdict =
  | { readonly kind: 'need-more'; readonly progress: HelloProgress }
  | {
      readonly kind: 'found';
      /** In normal form. */
      readonly serverName: string;
      readonly alpn: readonly string[];
      /** Length of the hello on the wire; what was read beyond it belongs to the peer too. */
      readonly bytes: number;
    }
  | { readonly kind: 'absent'; readonly bytes: number }
  | { readonly kind: 'refused'; readonly fault: Fault };

const START: HelloProgress = { record: 0, payload: 0 };
const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
const MAX_RECORD = 16 * 1024;
const TYPE_HANDSHAKE = 22;
const TYPE_CLIENT_HELLO = 1;

/** `bytes` is all that has been read since the connection began; `progress` is what the last call returned. */
export function readClientHello(bytes: Uint8Array, progress: HelloProgress = START): HelloVerdict {
  let { record, payload } = progress;
  for (;;) {
    const flaw = flawOfRecord(bytes, record);
    if (flaw !== undefined) return refused(flaw);
    const end = record + RECORD_HEADER + recordLength(bytes, record);
    const seen = payload + Math.max(0, Math.min(end, bytes.length) - record - RECORD_HEADER);
    const whole = seen >= HANDSHAKE_HEADER ? helloLength(bytes) : undefined;
    const sized = flawOfSize(whole, end);
    if (sized !== undefined) return sized;
    if (bytes.length < end) return { kind: 'need-more', progress: { record, payload } };
    payload = seen;
    record = end;
    if (whole !== undefined && payload >= whole) return verdictOn(bytes, record, payload - whole);
  }
}

/** Checks as much of a record header as is there, so that what is no TLS at all is refused at its first byte. */
function flawOfRecord(bytes: Uint8Array, at: number): string | undefined {
  if (at < bytes.length && bytes[at] !== TYPE_HANDSHAKE) return 'is not a TLS handshake record';
  if (at + 1 < bytes.length && bytes[at + 1] !== 3) return 'is of no TLS version';
  const first = bytes[RECORD_HEADER];
  if (first !== undefined && first !== TYPE_CLIENT_HELLO) return 'is not a ClientHello';
  if (bytes.length < at + RECORD_HEADER) return undefined;
  const length = recordLength(bytes, at);
  return length === 0 || length > MAX_RECORD ? `has a record of ${length} bytes` : undefined;
}

/** Payload length of the record at `at`, or one byte more than nothing while its header is incomplete. */
function recordLength(bytes: Uint8Array, at: number): number {
  const high = bytes[at + 3];
  const low = bytes[at + 4];
  return high === undefined || low === undefined ? 1 : high * 256 + low;
}

/** Length of the handshake message with its header; its first four bytes may lie in up to four records. */
function helloLength(bytes: Uint8Array): number {
  const head = payloadOf(bytes, HANDSHAKE_HEADER);
  return HANDSHAKE_HEADER + (head[1] ?? 0) * 65_536 + (head[2] ?? 0) * 256 + (head[3] ?? 0);
}

function flawOfSize(whole: number | undefined, end: number): HelloVerdict | undefined {
  const onWire = Math.max(end, RECORD_HEADER + (whole ?? 0));
  if (onWire <= HELLO_CAP_BYTES) return undefined;
  const message = `the ClientHello takes at least ${onWire} bytes, over ${HELLO_CAP_BYTES}`;
  return { kind: 'refused', fault: fault('hello_too_large', 'client', message) };
}

/** The first `count` handshake bytes, record headers taken out. The records they lie in are known to be there. */
function payloadOf(bytes: Uint8Array, count: number): Uint8Array {
  const single = recordLength(bytes, 0);
  if (single >= count) return bytes.subarray(RECORD_HEADER, RECORD_HEADER + count);
  const joined = new Uint8Array(count);
  let filled = 0;
  for (let at = 0; filled < count;) {
    const body = at + RECORD_HEADER;
    const length = Math.min(recordLength(bytes, at), count - filled);
    joined.set(bytes.subarray(body, body + length), filled);
    filled += length;
    at = body + length;
  }
  return joined;
}

function verdictOn(bytes: Uint8Array, wire: number, surplus: number): HelloVerdict {
  if (surplus > 0) return refused('is followed by another message in its record');
  const body = parseHelloBody(payloadOf(bytes, helloLength(bytes)).subarray(HANDSHAKE_HEADER));
  if (!body.ok) return { kind: 'refused', fault: body.error };
  const { serverName, alpn } = body.value;
  if (serverName === undefined) return { kind: 'absent', bytes: wire };
  return { kind: 'found', serverName, alpn, bytes: wire };
}

function refused(flaw: string): HelloVerdict {
  return { kind: 'refused', fault: fault('hello_malformed', 'client', `what it sent ${flaw}`) };
}
