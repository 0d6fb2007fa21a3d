/**
 * The names of the grounds that tests make; a ground made by hand has another and may stand beside them. Two runs at
 * once on one machine are told apart by ISTHMUS_TEST_GROUND.
 */
const own = process.env['ISTHMUS_TEST_GROUND'] ?? '';

export const TEST_GROUNDS = { shared: `test${own}`, crashed: `crash${own}` } as const;

declare module 'vitest' {
  interface ProvidedContext {
    /** What this machine lacks for real clusters. */
    missing: readonly string[];
  }
}
