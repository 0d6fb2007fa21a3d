/**
 * The gateway's ClientHello reader: the same verdict however the bytes are cut and put into records, nothing read past
 * the cap, and a name that is in its normal form and the one that OpenSSL reads (S2, S4, S6, S8).
 */
import { isIP } from 'node:net';
import {
  HELLO_CAP_BYTES,
  readClientHello,
  type HelloProgress,
  type HelloVerdict,
} from '../../gateway/decide/client-hello.ts';
import { normalizeServerName, parseDestination } from '../../gateway/decide/server-name.ts';
import {
  buildHandshake,
  helloFor,
  helloOfSize,
  inRecords,
  serverNames,
  vector,
} from '../../gateway/decide/testing/hellos.ts';
import type { ClusterName, MeshName } from '../../mesh/model/names.ts';
import { below } from '../mutate.ts';
import { opensslName } from '../oracle/openssl-name.ts';
import { cutsOf, randomOf } from '../pieces.ts';
import { must, mustEqual, type Target } from '../target.ts';

const NAME = 'cccccccccccccccccccccccccc.east.acme';
const SELF = { cluster: 'east' as ClusterName, mesh: 'acme' as MeshName };

/** As much as OpenSSL wants to see before it asks for the name. */
function fullHello(name: string, alpn: string): Uint8Array {
  const key = Buffer.alloc(65, 1);
  return buildHandshake({
    extensions: [
      [0, serverNames([0, name])],
      [16, vector(2, vector(1, Buffer.from(alpn)))],
      [10, vector(2, Buffer.from([0, 29, 0, 23]))],
      [13, vector(2, Buffer.from([4, 3, 8, 4]))],
      [43, vector(1, Buffer.from([3, 4]))],
      [51, vector(2, Buffer.concat([Buffer.from([0, 29]), vector(2, key.subarray(0, 32))]))],
    ],
  });
}

export const clientHello: Target = {
  name: 'client-hello',
  sources: [
    'gateway/decide/client-hello.ts',
    'gateway/decide/hello-body.ts',
    'gateway/decide/server-name.ts',
  ],
  seeds: () => [
    helloFor(NAME),
    helloFor('federation.east.acme'),
    inRecords(fullHello(NAME, 'isthmus-http/1.1')),
    inRecords(fullHello(NAME, 'isthmus-tcp'), 60),
    inRecords(fullHello('join.east.acme', 'h2'), 1),
    inRecords(buildHandshake({ extensions: [] })),
    inRecords(buildHandshake({ extensions: [[0, serverNames([0, 'a.b'], [0, 'c.d'])]] })),
    helloOfSize(NAME, HELLO_CAP_BYTES),
    helloOfSize(NAME, HELLO_CAP_BYTES + 1),
  ],
  words: [
    ...[
      '\x16\x03\x01',
      '\x16\x03\x03\x00\x01',
      '\x01\x00',
      '\x03\x03',
      '\x00\x00',
      '\x00\x10',
      '\xff\xff',
      '.',
    ],
    ...[
      '\x00\x2b\x00\x03\x02\x03\x04',
      '\x40\x00',
      'east.acme',
      '127.0.0.1',
      '0x7f',
      'EAST',
      '\x00',
      '_',
      '..',
      'é',
    ],
  ],
  maxBytes: HELLO_CAP_BYTES + 2_000,
  cases: 6_000,
  async check(input) {
    const verdict = readClientHello(input);
    for (const pieces of cutsOf(input))
      mustEqual(shown(readPieces(pieces)), shown(verdict), 'cuts make no difference');
    const capped = readClientHello(input.subarray(0, HELLO_CAP_BYTES + 1));
    mustEqual(capped, verdict, 'nothing beyond the cap matters');
    if (verdict.kind === 'need-more') {
      must(input.length <= HELLO_CAP_BYTES, 'nothing is awaited beyond the cap', input.length);
      return;
    }
    const more = readClientHello(Buffer.concat([input, Buffer.from([22, 3, 1, 0, 1, 0])]));
    mustEqual(shown(more), shown(verdict), 'what is decided stays decided');
    if (verdict.kind === 'refused') return;
    must(verdict.bytes <= Math.min(input.length, HELLO_CAP_BYTES), 'the hello is within what came', verdict);
    const name = verdict.kind === 'found' ? verdict.serverName : undefined;
    if (name !== undefined) {
      mustBeNormal(name);
      mustBeAlone(name, input.subarray(0, verdict.bytes));
    }
    mustReadAnyRecords(input.subarray(0, verdict.bytes), verdict);
    const theirs = await opensslName(input.subarray(0, verdict.bytes));
    must(theirs === undefined || theirs.toLowerCase() === name, 'OpenSSL reads the same name', theirs, name);
  },
};

/** Which of several faults is named depends on how much had come when the first of them was seen. */
function shown(verdict: HelloVerdict): unknown {
  return verdict.kind === 'found' || verdict.kind === 'absent' ? verdict : verdict.kind;
}

function readPieces(pieces: readonly Buffer[]): HelloVerdict {
  let progress: HelloProgress | undefined;
  let verdict: HelloVerdict = readClientHello(Buffer.alloc(0));
  let held = Buffer.alloc(0);
  for (const piece of pieces) {
    held = Buffer.concat([held, piece]);
    verdict = readClientHello(held, progress);
    if (verdict.kind !== 'need-more') return verdict;
    progress = verdict.progress;
  }
  return verdict;
}

function mustBeNormal(name: string): void {
  const labels = name.split('.');
  const good = labels.every((label) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label) && label.length <= 63);
  must(good && name.length <= 253 && isIP(name) === 0, 'the name is in normal form', name);
  mustEqual(normalizeServerName(name), { ok: true, value: name }, 'the normal form is its own');
  const destination = parseDestination(name, SELF);
  if (!destination.ok) return;
  const wanted = /^([a-z2-7]{26}|federation|join)\.east\.acme$/.test(name);
  must(wanted, 'only names of this cluster go anywhere', name, destination);
}

/** The extension in full: a list of this one name. */
function mustBeAlone(name: string, hello: Buffer): void {
  const entry = serverNames([0, name]);
  const extension = Buffer.concat([Buffer.from([0, 0]), vector(2, entry)]).toString('latin1');
  must(
    handshakeIn(hello).toString('latin1').toLowerCase().includes(extension),
    'the name stands alone',
    name,
  );
}

function handshakeIn(hello: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < hello.length; at += 5 + hello.readUInt16BE(at + 3)) {
    parts.push(hello.subarray(at + 5, at + 5 + hello.readUInt16BE(at + 3)));
  }
  return Buffer.concat(parts);
}

/** The same handshake message in records of other sizes. */
function mustReadAnyRecords(hello: Buffer, verdict: HelloVerdict): void {
  const handshake = handshakeIn(hello);
  const size = 1 + below(randomOf(hello), handshake.length);
  const wire = inRecords(handshake, size);
  const wanted =
    wire.length > HELLO_CAP_BYTES ? 'refused' : shown({ ...verdict, bytes: wire.length } as never);
  mustEqual(shown(readClientHello(wire)), wanted, `records of ${size} bytes make no difference`);
}
