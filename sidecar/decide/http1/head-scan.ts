/**
 * The one pass over the bytes of a head: finds where its parts are, refuses the first byte that may not stand where
 * it stands. It can stop after any byte and go on when more have come, with the same outcome.
 */
import { CLASS, COLON, CR, LF, METHOD, SP, TAB, TARGET, TOKEN, VALUE } from './byte-class.ts';
import { FIELD_LIMIT, HEAD_LIMIT, METHOD_LIMIT, START_LINE_LIMIT, TRAILER_LIMIT } from './limits.ts';
import { malformed, tooLarge, type Refusal } from './refusal.ts';

/** What is scanned. */
export type Section = 'request' | 'response' | 'trailers';

const IN_METHOD = 0;
const IN_TARGET = 1;
const IN_VERSION = 2;
const IN_STATUS = 3;
const START_LINE_LF = 4;
const IN_NAME = 5;
const BEFORE_VALUE = 6;
const IN_VALUE = 7;
const FIELD_LF = 8;
const LAST_LF = 9;
const DONE = 10;

export interface HeadScan {
  state: number;
  /** The next byte to look at. */
  pos: number;
  /** Where the part begins that is being read. */
  mark: number;
  /**
   * Offsets of what was found. Request: end of the method, of the target, of the version; response: end of the status
   * line; then for each field the start and end of its name, the start and end of its value.
   */
  readonly spans: number[];
  fields: number;
  refusal: Refusal | undefined;
}

/** How many entries of `spans` come before the first field. */
export const START_SPANS: Readonly<Record<Section, number>> = { request: 3, response: 1, trailers: 0 };

const FIRST_STATE: Readonly<Record<Section, number>> = {
  request: IN_METHOD,
  response: IN_STATUS,
  trailers: IN_NAME,
};

export function createHeadScan(section: Section): HeadScan {
  return { state: FIRST_STATE[section], pos: 0, mark: 0, spans: [], fields: 0, refusal: undefined };
}

/** Makes the scan ready for a section that starts at `at`. */
export function restartHeadScan(scan: HeadScan, section: Section, at: number): void {
  scan.state = FIRST_STATE[section];
  scan.pos = at;
  scan.mark = at;
  scan.spans.length = 0;
  scan.fields = 0;
  scan.refusal = undefined;
}

export interface ScanRange {
  /** Where the section starts in the bytes. */
  readonly start: number;
  /** The end of what has come. */
  readonly end: number;
  readonly section: Section;
}

/** True: the section is complete and ends at `scan.pos`. False: refused if `scan.refusal` is set, else more is needed. */
export function scanHead(scan: HeadScan, bytes: Uint8Array, range: ScanRange): boolean {
  const limit = range.start + (range.section === 'trailers' ? TRAILER_LIMIT : HEAD_LIMIT);
  const lineLimit = range.start + START_LINE_LIMIT;
  while (scan.refusal === undefined) {
    const bound = scan.state <= START_LINE_LF ? lineLimit : limit;
    const end = range.end < bound ? range.end : bound;
    if (scan.pos >= end || !advance(scan, bytes, end)) {
      if (scan.refusal === undefined && scan.pos >= bound) refuseLimit(scan, range.section);
      return false;
    }
    if (scan.state === DONE) return true;
  }
  return false;
}

/** Reads on in the present state. True when it came to the end of its part. */
function advance(scan: HeadScan, bytes: Uint8Array, end: number): boolean {
  switch (scan.state) {
    case IN_NAME:
      return readName(scan, bytes, end);
    case BEFORE_VALUE:
      return skipBlanks(scan, bytes, end);
    case IN_VALUE:
      return readValue(scan, bytes, end);
    case FIELD_LF:
    case START_LINE_LF:
      return readLineFeed(scan, bytes, IN_NAME);
    case LAST_LF:
      return readLineFeed(scan, bytes, DONE);
    case IN_METHOD:
      return readMethod(scan, bytes, end);
    case IN_TARGET:
      return readTarget(scan, bytes, end);
    default:
      return readLineRest(scan, bytes, end);
  }
}

function refuse(scan: HeadScan, message: string): false {
  scan.refusal = malformed(message);
  return false;
}

function refuseLimit(scan: HeadScan, section: Section): void {
  if (scan.state > START_LINE_LF) {
    scan.refusal = tooLarge(
      431,
      `the ${section === 'trailers' ? 'trailer section' : 'head'} is over its limit`,
    );
  } else {
    scan.refusal = tooLarge(414, 'the first line is over its limit');
  }
}

function skipTokens(scan: HeadScan, bytes: Uint8Array, end: number): number {
  let at = scan.pos;
  while (at < end && ((CLASS[bytes[at] as number] as number) & TOKEN) !== 0) at++;
  return at;
}

function readName(scan: HeadScan, bytes: Uint8Array, end: number): boolean {
  const at = skipTokens(scan, bytes, end);
  scan.pos = at;
  if (at === end) return false;
  const byte = bytes[at];
  if (byte === COLON && at > scan.mark) {
    scan.spans.push(scan.mark, at);
    scan.state = BEFORE_VALUE;
  } else if (byte === CR && at === scan.mark) {
    scan.state = LAST_LF;
  } else {
    return refuse(scan, nameFault(byte, at === scan.mark));
  }
  scan.pos = at + 1;
  return true;
}

function nameFault(byte: number | undefined, atLineStart: boolean): string {
  if (byte === LF) return 'a line ends with a bare LF';
  if (byte === CR) return 'a field line has no colon';
  if (byte === COLON) return 'a field name is empty';
  if (byte !== SP && byte !== TAB) return 'a field name has a byte that is not of a token';
  return atLineStart ? 'a field value is folded over lines' : 'there is a blank before a colon';
}

function skipBlanks(scan: HeadScan, bytes: Uint8Array, end: number): boolean {
  let at = scan.pos;
  while (at < end && (bytes[at] === SP || bytes[at] === TAB)) at++;
  scan.pos = at;
  if (at === end) return false;
  scan.mark = at;
  scan.state = IN_VALUE;
  return true;
}

function readValue(scan: HeadScan, bytes: Uint8Array, end: number): boolean {
  let at = scan.pos;
  while (at < end && ((CLASS[bytes[at] as number] as number) & VALUE) !== 0) at++;
  scan.pos = at;
  if (at === end) return false;
  if (bytes[at] !== CR) return refuse(scan, valueFault(bytes[at]));
  let last = at;
  while (last > scan.mark && (bytes[last - 1] === SP || bytes[last - 1] === TAB)) last--;
  scan.spans.push(scan.mark, last);
  scan.fields++;
  if (scan.fields > FIELD_LIMIT) {
    scan.refusal = tooLarge(431, 'there are too many fields');
    return false;
  }
  scan.pos = at + 1;
  scan.state = FIELD_LF;
  return true;
}

function valueFault(byte: number | undefined): string {
  return byte === LF ? 'a line ends with a bare LF' : 'a control character stands in a line';
}

function readLineFeed(scan: HeadScan, bytes: Uint8Array, next: number): boolean {
  if (bytes[scan.pos] !== LF) return refuse(scan, 'a CR is not followed by LF');
  scan.pos++;
  scan.mark = scan.pos;
  scan.state = next;
  return true;
}

function readMethod(scan: HeadScan, bytes: Uint8Array, end: number): boolean {
  const bound = Math.min(end, scan.mark + METHOD_LIMIT);
  let at = scan.pos;
  while (at < bound && ((CLASS[bytes[at] as number] as number) & METHOD) !== 0) at++;
  scan.pos = at;
  if (at === end) return false;
  if (bytes[at] !== SP || at === scan.mark)
    return refuse(scan, 'the first line does not start with a method');
  return endPart(scan, at, IN_TARGET);
}

function readTarget(scan: HeadScan, bytes: Uint8Array, end: number): boolean {
  let at = scan.pos;
  while (at < end && ((CLASS[bytes[at] as number] as number) & TARGET) !== 0) at++;
  scan.pos = at;
  if (at === end) return false;
  if (bytes[at] !== SP || at === scan.mark)
    return refuse(scan, 'the request target has a byte that may not stand in one');
  return endPart(scan, at, IN_VERSION);
}

/** The version of a request line, or a whole status line: up to its CR. */
function readLineRest(scan: HeadScan, bytes: Uint8Array, end: number): boolean {
  let at = scan.pos;
  while (at < end && ((CLASS[bytes[at] as number] as number) & VALUE) !== 0) at++;
  scan.pos = at;
  if (at === end) return false;
  if (bytes[at] !== CR) return refuse(scan, valueFault(bytes[at]));
  return endPart(scan, at, START_LINE_LF);
}

function endPart(scan: HeadScan, at: number, next: number): true {
  scan.spans.push(at);
  scan.pos = at + 1;
  scan.mark = at + 1;
  scan.state = next;
  return true;
}
