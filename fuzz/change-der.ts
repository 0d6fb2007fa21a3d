/** Changes DER by its parts: one is left out, doubled, put elsewhere, renamed or altered, and all lengths fit again. */
import type { Random } from '../mesh/ports/random.ts';
import { below, pick } from './mutate.ts';

interface Part {
  tag: number;
  /** A value that is no sequence of parts. */
  content: Buffer;
  parts: Part[] | undefined;
}

const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x17, 0x18, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87, 0xa0, 0xa3,
];
const OCTET_STRING = 0x04;

export function changeDer(input: Uint8Array, random: Random): Uint8Array {
  const roots = readParts(Buffer.from(input));
  if (roots === undefined) return input;
  const lists = [roots, ...listsWithin(roots)];
  const list = pick(random, lists) ?? roots;
  const at = below(random, list.length);
  const part = list[at];
  if (part === undefined) return input;
  const other = pick(random, pick(random, lists) ?? list);
  const choice = below(random, 7);
  if (choice === 0) list.splice(at, 1);
  else if (choice === 1) list.splice(at, 0, part);
  else if (choice === 2 && other !== undefined) list.splice(at, 1, { ...other });
  else if (choice === 3) list.splice(below(random, list.length), 0, ...list.splice(at, 1));
  else if (choice === 4) part.tag = pick(random, TAGS) ?? part.tag;
  else alter(part, random);
  return Buffer.concat(roots.map((root) => write(root, 0)));
}

function alter(part: Part, random: Random): void {
  const bytes =
    part.parts === undefined
      ? Buffer.from(part.content)
      : Buffer.concat(part.parts.map((one) => write(one, 0)));
  const at = below(random, bytes.length + 1);
  if (random.next() < 0.5 && at < bytes.length) bytes[at] = below(random, 256);
  part.content =
    random.next() < 0.7 ? bytes : Buffer.concat([bytes.subarray(0, at), random.bytes(3), bytes.subarray(at)]);
  part.parts = undefined;
}

function listsWithin(parts: readonly Part[]): Part[][] {
  return parts.flatMap((part) => (part.parts === undefined ? [] : [part.parts, ...listsWithin(part.parts)]));
}

/** Undefined where the bytes are not whole parts, one behind the other. */
function readParts(bytes: Buffer): Part[] | undefined {
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = readHeader(bytes, at);
    if (header === undefined) return undefined;
    const content = bytes.subarray(header.from, header.to);
    const nests = (header.tag & 0x20) !== 0 || header.tag === OCTET_STRING;
    parts.push({ tag: header.tag, content, parts: nests ? readParts(content) : undefined });
    at = header.to;
  }
  return parts.length === 0 ? undefined : parts;
}

function readHeader(bytes: Buffer, at: number): { tag: number; from: number; to: number } | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) return undefined;
  const width = first < 0x80 ? 0 : first & 0x7f;
  const from = at + 2 + width;
  if (width > 2 || from > bytes.length) return undefined;
  const to = from + (width === 0 ? first : bytes.readUIntBE(at + 2, width));
  return to > bytes.length ? undefined : { tag, from, to };
}

const DEEPEST = 64;

function write({ tag, content, parts }: Part, depth: number): Buffer {
  const body =
    parts === undefined || depth > DEEPEST
      ? content
      : Buffer.concat(parts.map((one) => write(one, depth + 1)));
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
