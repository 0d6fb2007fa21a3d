import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildHandshake,
  handshakeOf,
  helloFor,
  helloOfSize,
  inRecords,
  serverNames,
  vector,
} from './testing/hellos.ts';
import { HELLO_CAP_BYTES, readClientHello, type HelloProgress, type HelloVerdict } from './client-hello.ts';

const NAME = 'cccccccccccccccccccccccccc.east.acme';
const ALPN = ['isthmus-http/1.1', 'isthmus-tcp'];
let real: Buffer;
let postQuantum: Buffer;

beforeAll(async () => {
  const options = { servername: NAME, ALPNProtocols: ALPN, minVersion: 'TLSv1.3' } as const;
  real = await captureHello({ ...options, ecdhCurve: 'X25519' });
  postQuantum = await captureHello({ ...options, ecdhCurve: 'X25519MLKEM768' });
});

/** The first flight of a real TLS client. */
async function captureHello(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ ...options, host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  let bytes = Buffer.alloc(0);
  const whole = (): boolean => bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3);
  while (!whole()) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** Reads `bytes` as they would come in segments of the given sizes, the last size repeated. */
function readInSegments(bytes: Buffer, sizes: readonly number[]): HelloVerdict {
  let progress: HelloProgress | undefined;
  let verdict: HelloVerdict = { kind: 'need-more', progress: { record: 0, payload: 0 } };
  let end = 0;
  for (let i = 0; end < bytes.length && verdict.kind === 'need-more'; i++) {
    end = Math.min(bytes.length, end + (sizes[Math.min(i, sizes.length - 1)] ?? 1));
    verdict = readClientHello(bytes.subarray(0, end), progress);
    if (verdict.kind === 'need-more') progress = verdict.progress;
  }
  return verdict;
}

function codeOf(verdict: HelloVerdict): string {
  return verdict.kind === 'refused' ? verdict.fault.code : verdict.kind;
}

describe('a real ClientHello', () => {
  it('gives its server name and protocols', () => {
    expect(readClientHello(real)).toEqual({
      kind: 'found',
      serverName: NAME,
      alpn: ALPN,
      bytes: real.length,
    });
  });

  it('with a post-quantum key share takes more than one Ethernet segment and is read alike (S3)', () => {
    expect(postQuantum.length).toBeGreaterThan(1_460);
    expect(readClientHello(postQuantum)).toMatchObject({ kind: 'found', serverName: NAME });
  });

  it('without a server name is absent', async () => {
    const nameless = await captureHello({ minVersion: 'TLSv1.3' });
    expect(readClientHello(nameless)).toEqual({ kind: 'absent', bytes: nameless.length });
  });

  it('is found whatever follows it', () => {
    const verdict = readClientHello(Buffer.concat([real, Buffer.from([20, 3, 3, 0, 1, 1, 23, 3])]));
    expect(verdict).toMatchObject({ kind: 'found', bytes: real.length });
  });
});

describe('fragments (S2)', () => {
  it('split in two segments at every offset gives the same name, and none before the last byte', () => {
    for (let at = 1; at < postQuantum.length; at++) {
      const head = readClientHello(postQuantum.subarray(0, at));
      expect(head.kind).toBe('need-more');
      expect(readInSegments(postQuantum, [at, postQuantum.length])).toMatchObject({ serverName: NAME });
    }
  });

  it('in records of every size gives the same name, byte by byte too', () => {
    const handshake = handshakeOf(postQuantum);
    for (let size = 1; size <= handshake.length; size++) {
      const wire = inRecords(handshake, size);
      expect(readClientHello(wire)).toMatchObject({ serverName: NAME, alpn: ALPN, bytes: wire.length });
    }
    for (const size of [1, 2, 3, 4, 5, 100]) {
      expect(readInSegments(inRecords(handshake, size), [1])).toMatchObject({ serverName: NAME });
    }
  });

  it('any mix of record and segment sizes gives the verdict of the whole', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 30 }),
        (recordSize, segments) => {
          const wire = inRecords(handshakeOf(real), recordSize);
          expect(readInSegments(wire, segments)).toEqual(readClientHello(wire));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('size (S4)', () => {
  it('is taken at 16 KiB and refused one byte over it', () => {
    expect(helloOfSize(NAME, HELLO_CAP_BYTES).length).toBe(HELLO_CAP_BYTES);
    expect(codeOf(readClientHello(helloOfSize(NAME, HELLO_CAP_BYTES)))).toBe('found');
    expect(codeOf(readClientHello(helloOfSize(NAME, HELLO_CAP_BYTES + 1)))).toBe('hello_too_large');
  });

  it('is refused as soon as its length is known, before its bytes are held', () => {
    const announced = Buffer.from([22, 3, 1, 0x40, 0, 1, 0, 0x80, 0]);
    expect(codeOf(readClientHello(announced))).toBe('hello_too_large');
  });

  it('is never waited for beyond 16 KiB, however it is cut', () => {
    const handshake = handshakeOf(helloOfSize(NAME, 15_000));
    for (const size of [1, 2, 7, 40]) {
      const wire = inRecords(handshake, size);
      const wanted = wire.length > HELLO_CAP_BYTES ? 'hello_too_large' : 'found';
      expect(codeOf(readInSegments(wire, [1_000]))).toBe(wanted);
      if (wanted !== 'found') {
        expect(codeOf(readClientHello(wire.subarray(0, HELLO_CAP_BYTES + 1)))).toBe('hello_too_large');
      }
    }
  });
});

describe('what is no ClientHello is refused', () => {
  const good = buildHandshake({ extensions: [[0, serverNames([0, NAME])]] });
  const withExtensions = (...extensions: [number, Uint8Array][]): Buffer =>
    inRecords(buildHandshake({ extensions }));
  const sni = serverNames([0, NAME]);
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ['plain HTTP', Buffer.from('G'), 'hello_malformed'],
    ['an alert record', Buffer.from([21, 3, 3, 0, 2, 2, 40]), 'hello_malformed'],
    ['SSL 2', Buffer.from([22, 2]), 'hello_malformed'],
    ['a ServerHello', Buffer.from([22, 3, 3, 0, 40, 2]), 'hello_malformed'],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0]), 'hello_malformed'],
    [
      'a second record of another type',
      Buffer.concat([firstRecord(good), Buffer.from([23])]),
      'hello_malformed',
    ],
    ['a record over 16 KiB', Buffer.from([22, 3, 1, 0x40, 1]), 'hello_malformed'],
    ['TLS 1.1', inRecords(buildHandshake({ extensions: [[0, sni]], version: 0x0302 })), 'hello_malformed'],
    [
      'two messages in one record',
      inRecords(Buffer.concat([good, Buffer.from([1, 0, 0, 0])])),
      'hello_malformed',
    ],
    ['a length that leaves bytes over', inRecords(withLength(good, good.length - 4 - 1)), 'hello_malformed'],
    ['the server name extension twice', withExtensions([0, sni], [0, sni]), 'hello_malformed'],
    [
      'another extension twice',
      withExtensions([0, sni], [21, Buffer.alloc(2)], [21, Buffer.alloc(1)]),
      'hello_malformed',
    ],
    ['two server names', withExtensions([0, serverNames([0, NAME], [0, NAME])]), 'sni_invalid'],
    [
      'a server name and one of another type',
      withExtensions([0, serverNames([0, NAME], [1, NAME])]),
      'sni_invalid',
    ],
    ['a server name of another type', withExtensions([0, serverNames([1, NAME])]), 'hello_malformed'],
    ['an empty list of server names', withExtensions([0, serverNames()]), 'hello_malformed'],
    ['an empty server name extension', withExtensions([0, Buffer.alloc(0)]), 'hello_malformed'],
    [
      'bytes after the server name list',
      withExtensions([0, Buffer.concat([sni, Buffer.from([0])])]),
      'hello_malformed',
    ],
    ['an empty server name', withExtensions([0, serverNames([0, ''])]), 'sni_invalid'],
    ['a server name with NUL', withExtensions([0, serverNames([0, `${NAME}\0`])]), 'sni_invalid'],
    [
      'an empty protocol name',
      withExtensions([0, sni], [16, vector(2, Buffer.from([0]))]),
      'hello_malformed',
    ],
    [
      'a protocol list that is cut',
      withExtensions([0, sni], [16, vector(2, Buffer.from([9, 65]))]),
      'hello_malformed',
    ],
  ];
  it.each(cases)('%s', (_what, bytes, code) => {
    expect(codeOf(readClientHello(bytes))).toBe(code);
  });
});

function firstRecord(handshake: Buffer): Buffer {
  return inRecords(handshake, 40).subarray(0, 45);
}

function withLength(handshake: Buffer, length: number): Buffer {
  const copy = Buffer.from(handshake);
  copy.writeUIntBE(length, 1, 3);
  return copy;
}

describe('hostile bytes (S8)', () => {
  it('of any kind give a verdict and never an exception, alike whole or in segments', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, framed) => {
        const bytes = framed
          ? inRecords(Buffer.concat([Buffer.from([1, 0, 0, noise.length]), noise]))
          : Buffer.from(noise);
        expect(codeOf(readInSegments(bytes, [3]))).toBe(
          codeOf(bytes.length === 0 ? readInSegments(bytes, [1]) : readClientHello(bytes)),
        );
      }),
      { numRuns: 5_000 },
    );
  });

  it('of a real hello with changes never throw and never give a name that is not in normal form', () => {
    const change = fc.record({ at: fc.nat(), to: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(), (changes, cut) => {
        const bytes = Buffer.from(real);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        const verdict = readClientHello(bytes.subarray(0, 1 + (cut % (2 * bytes.length))));
        if (verdict.kind === 'found') expect(verdict.serverName).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/);
        if (verdict.kind === 'need-more') expect(verdict.progress.record).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 10_000 },
    );
  });

  it('of a built hello round-trip its name', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z])?$/);
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
        const name = labels.join('.');
        expect(readClientHello(helloFor(name.toUpperCase()))).toMatchObject({ serverName: name });
      }),
      { numRuns: 300 },
    );
  });
});
