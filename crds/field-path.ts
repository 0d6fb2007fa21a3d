import type { FieldPath } from './schema.ts';

const PLAIN = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;
const SHOWN_CHARACTERS = 80;

/** `spec.levels[0].zone`; a name that is no plain word stands quoted: `metadata.labels["a/b"]`. */
export function formatFieldPath(path: FieldPath): string {
  return path
    .map((part, i) => {
      if (typeof part === 'number') return `[${part}]`;
      if (PLAIN.test(part)) return i === 0 ? part : `.${part}`;
      return `[${quoted(part)}]`;
    })
    .join('');
}

/** A value as a fault shows it: short, on one line, without control characters. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return 'an object';
}

function quoted(text: string): string {
  const cut = text.slice(0, SHOWN_CHARACTERS).toWellFormed();
  const shown = JSON.stringify(cut).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?');
  return cut.length < text.length ? `${shown}...` : shown;
}
