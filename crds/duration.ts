import type { CrdSchema } from './schema.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `2m` or `1h`, at most 24 hours. `what` completes "a duration such as 30s ...". */
export function durationSchema(what: string): CrdSchema {
  return {
    type: 'string',
    pattern: '^([0-9]{1,7}ms|[0-9]{1,4}s|[0-9]{1,3}m|([0-9]|1[0-9]|2[0-4])h)$',
    maxLength: 9,
    description: `a duration such as 30s, 500ms or 2m, ${what}`,
  };
}

/** In milliseconds. The schema has checked the form. */
export function durationMs(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
}
