/** How long a body is (RFC 9112 6.3), where only one reading is possible; else why it is refused. */
import type { FieldTable } from './field-table.ts';
import type { Framing, Version } from './head.ts';
import { LENGTH_DIGITS } from './limits.ts';
import { malformed, unsupported, type Refusal } from './refusal.ts';

export const NO_BODY: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };

/** What the fields say, whatever the message is; undefined: they say nothing. */
export function statedFraming(table: FieldTable, version: Version): Framing | Refusal | undefined {
  const { transferEncodings, contentLengths } = table;
  if (transferEncodings === 0 && contentLengths === 0) return undefined;
  if (transferEncodings > 0) {
    if (contentLengths > 0) return malformed('both Transfer-Encoding and Content-Length are given');
    if (version === '1.0') return malformed('Transfer-Encoding is given with HTTP/1.0');
    if (transferEncodings > 1) return malformed('Transfer-Encoding is given twice');
    if (table.transferEncoding?.toLowerCase() === 'chunked') return CHUNKED;
    return unsupported(501, 'the only transfer coding that is understood is chunked');
  }
  if (contentLengths > 1) return malformed('Content-Length is given twice');
  const length = parseLength(table.contentLength ?? '');
  return length === undefined ? malformed('Content-Length is not a number') : { kind: 'length', length };
}

/** Plain decimal digits only: no sign, no list. */
export function parseLength(text: string): number | undefined {
  if (text.length === 0 || text.length > LENGTH_DIGITS) return undefined;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    length = length * 10 + digit;
  }
  return length;
}
