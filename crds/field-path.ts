import { quoted } from '../mesh/kit/quoted.ts';
import type { FieldPath } from './schema.ts';

const PLAIN = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

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
