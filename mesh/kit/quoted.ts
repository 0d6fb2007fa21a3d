/** Text of unknown origin as it may stand in a message. */

/** Control characters, C1 ones too: JSON leaves those, and terminals obey them; and marks that turn text around. */
const UNSHOWN = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** In quotes, cut after `most` characters. */
export function quoted(text: string, most = 80): string {
  const cut = text.slice(0, most).toWellFormed();
  const shown = JSON.stringify(cut).replace(UNSHOWN, '?');
  return cut.length < text.length ? `${shown}...` : shown;
}

/** The first line of what a library says, which may repeat what it was given. */
export function firstLine(text: string, most = 200): string {
  const [line = ''] = text.split('\n', 1);
  return line.slice(0, most).toWellFormed().replace(UNSHOWN, '?');
}
