/** Takes the fields of a head apart: those that travel on, and those of this hop alone. */
import type { HeadScan } from './head-scan.ts';

export interface FieldTable {
  /** Name, value, name, value: what travels on. */
  headers: string[];
  host: string | undefined;
  hosts: number;
  contentLength: string | undefined;
  contentLengths: number;
  transferEncoding: string | undefined;
  transferEncodings: number;
  /** All Connection values, joined, lower case. */
  connection: string;
  upgrade: string;
  expect: string | undefined;
}

const HOST = 1;
const CONTENT_LENGTH = 2;
const TRANSFER_ENCODING = 3;
const CONNECTION = 4;
const UPGRADE = 5;
const EXPECT = 6;
const DROPPED = 7;

const KINDS: ReadonlyMap<string, number> = new Map([
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['connection', CONNECTION],
  ['upgrade', UPGRADE],
  ['expect', EXPECT],
  ['keep-alive', DROPPED],
  ['proxy-connection', DROPPED],
  ['proxy-authenticate', DROPPED],
  ['proxy-authorization', DROPPED],
  ['te', DROPPED],
  ['trailer', DROPPED],
  ['http2-settings', DROPPED],
]);

/** `text` holds the bytes from the start of the head, as Latin-1; `first` is the first span of a field. */
export function readFields(text: string, { spans }: HeadScan, first: number): FieldTable {
  const table: FieldTable = {
    headers: [],
    host: undefined,
    hosts: 0,
    contentLength: undefined,
    contentLengths: 0,
    transferEncoding: undefined,
    transferEncodings: 0,
    connection: '',
    upgrade: '',
    expect: undefined,
  };
  for (let i = first; i < spans.length; i += 4) {
    const name = text.slice(spans[i], spans[i + 1]).toLowerCase();
    const value = text.slice(spans[i + 2], spans[i + 3]);
    const kind = KINDS.get(name);
    if (kind === undefined) table.headers.push(name, value);
    else takeField(table, kind, kind === TRANSFER_ENCODING ? withTab(text, spans[i + 3] ?? 0, value) : value);
  }
  if (table.connection !== '') dropNamed(table);
  return table;
}

/** Some parsers do not know a coding with a tab behind it, as Node's does not: it is left there, and refused. */
function withTab(text: string, end: number, value: string): string {
  return text.slice(end, text.indexOf('\r', end)).includes('\t') ? `${value}\t` : value;
}

function takeField(table: FieldTable, kind: number, value: string): void {
  if (kind === HOST) {
    table.hosts += 1;
    table.host = value;
  } else if (kind === CONTENT_LENGTH) {
    table.contentLengths += 1;
    table.contentLength = value;
  } else if (kind === TRANSFER_ENCODING) {
    table.transferEncodings += 1;
    table.transferEncoding = value;
  } else if (kind === CONNECTION) table.connection = join(table.connection, value);
  else if (kind === UPGRADE) table.upgrade = join(table.upgrade, value);
  else if (kind === EXPECT)
    table.expect = table.expect === undefined ? value.toLowerCase() : join(table.expect, value);
}

function join(had: string, value: string): string {
  return had === '' ? value.toLowerCase() : `${had},${value.toLowerCase()}`;
}

/** A field that Connection names is of this hop alone (RFC 9110 7.6.1). */
function dropNamed(table: FieldTable): void {
  const { connection, headers } = table;
  if (connection === 'keep-alive' || connection === 'close') return;
  const named = new Set(connection.split(',').map((token) => token.trim()));
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!named.has(name)) kept.push(name, headers[i + 1] as string);
  }
  table.headers = kept;
}

export function hasToken(list: string, token: string): boolean {
  return list !== '' && list.split(',').some((item) => item.trim() === token);
}
