/** ClientHellos, built byte by byte. */

const RECORD_HEADER = 5;

export interface HelloParts {
  /** In order; a type may come twice. */
  readonly extensions: readonly (readonly [type: number, body: Uint8Array])[];
  readonly version?: number;
}

/** A ClientHello handshake message, without record headers. */
export function buildHandshake({ extensions, version = 0x0303 }: HelloParts): Buffer {
  const block = extensions.map(([type, body]) => Buffer.concat([uint(type, 2), vector(2, body)]));
  const body = Buffer.concat([
    uint(version, 2),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32, 9)),
    vector(2, Buffer.from([0x13, 0x01])),
    vector(1, Buffer.from([0])),
    vector(2, Buffer.concat(block)),
  ]);
  return Buffer.concat([Buffer.from([1]), uint(body.length, 3), body]);
}

/** Puts handshake bytes into TLS records of at most `size` bytes. */
export function inRecords(handshake: Uint8Array, size = 16_384): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < handshake.length; at += size) {
    const part = handshake.subarray(at, at + size);
    records.push(Buffer.concat([Buffer.from([22, 3, 1]), vector(2, part)]));
  }
  return Buffer.concat(records);
}

/** The handshake message in the single record of `hello`. */
export function handshakeOf(hello: Buffer): Buffer {
  return hello.subarray(RECORD_HEADER);
}

/** A server_name extension with these names, each `[type, name]`. */
export function serverNames(...names: readonly (readonly [type: number, name: string])[]): Buffer {
  const entries = names.map(([type, name]) =>
    Buffer.concat([uint(type, 1), vector(2, Buffer.from(name, 'latin1'))]),
  );
  return vector(2, Buffer.concat(entries));
}

export function helloFor(name: string): Buffer {
  return inRecords(buildHandshake({ extensions: [[0, serverNames([0, name])]] }));
}

/** A hello of exactly `size` bytes on the wire, in records of 16 KiB at most, padded by an unknown extension. */
export function helloOfSize(name: string, size: number): Buffer {
  const padded = (count: number): Buffer =>
    inRecords(
      buildHandshake({
        extensions: [
          [0, serverNames([0, name])],
          [21, Buffer.alloc(count)],
        ],
      }),
    );
  const overhead = padded(0).length;
  const first = padded(size - overhead);
  return first.length === size ? first : padded(size - overhead - RECORD_HEADER);
}

export function vector(width: 1 | 2, body: Uint8Array): Buffer {
  return Buffer.concat([uint(body.length, width), body]);
}

function uint(value: number, width: 1 | 2 | 3): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}
