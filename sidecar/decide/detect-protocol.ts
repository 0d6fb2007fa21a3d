/** Tells the protocol of a client by its first bytes. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];
const LONGEST = Math.max(...METHODS.map((method) => method.length)) + 1;

/** HTTP/1 starts with a registered method and a blank. Everything else, HTTP/2 with prior knowledge included, is TCP. */
export function detectProtocol(bytes: Buffer): 'http' | 'tcp' | 'need-more' {
  const text = bytes.toString('latin1', 0, LONGEST);
  if (METHODS.some((method) => text.startsWith(`${method} `))) return 'http';
  return METHODS.some((method) => `${method} `.startsWith(text)) ? 'need-more' : 'tcp';
}
