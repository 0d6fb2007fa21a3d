/** What travels end to end of a message's fields, told apart anew for the comparison (RFC 9110 7.6.1). */

const OF_THIS_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te'],
  ...['trailer', 'upgrade', 'http2-settings', 'host', 'content-length', 'transfer-encoding', 'expect'],
]);

/** `fields` alternate name and value, as Node gives them; so does the result, names in lower case. */
export function endToEnd(fields: readonly string[]): readonly string[] {
  const named = new Set(
    valuesOf(fields, 'connection')
      .flatMap((value) => value.split(','))
      .map((token) => token.trim().toLowerCase()),
  );
  return pairs(fields)
    .filter(([name]) => !OF_THIS_HOP.has(name) && !named.has(name))
    .flat();
}

export function valuesOf(fields: readonly string[], wanted: string): readonly string[] {
  return pairs(fields).flatMap(([name, value]) => (name === wanted ? [value] : []));
}

function pairs(fields: readonly string[]): readonly (readonly [name: string, value: string])[] {
  return Array.from({ length: fields.length / 2 }, (_, i) => [
    (fields[2 * i] ?? '').toLowerCase(),
    fields[2 * i + 1] ?? '',
  ]);
}

/** A body as it is sent on in this framing. */
export function wireBody(kind: 'chunked' | 'plain', body: string): string {
  if (kind === 'plain') return body;
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
  return `${chunk}0\r\n\r\n`;
}
