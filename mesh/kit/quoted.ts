/**
 * Text of unknown origin as it may stand in a message: in quotes, cut after `most` characters, on one line, without
 * control characters (C1 ones too: JSON leaves them, and terminals obey them) and without marks that turn text around.
 */
export function quoted(text: string, most = 80): string {
  const cut = text.slice(0, most).toWellFormed();
  const shown = JSON.stringify(cut).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?');
  return cut.length < text.length ? `${shown}...` : shown;
}
