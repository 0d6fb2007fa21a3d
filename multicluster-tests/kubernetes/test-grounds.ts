/**
 * The names of the grounds that tests make; a ground made by hand has another and may stand beside them. Two runs at
 * once on one machine are told apart by ISTHMUS_TEST_GROUND.
 */
const own = process.env['ISTHMUS_TEST_GROUND'] ?? '';

/** What the demo is told in ISTHMUS_TEST_GROUND, so that one of a guest may be up meanwhile. */
export const DEMO_GROUNDS = `test${own}`;
export const TEST_GROUNDS = {
  ...{ shared: `test${own}`, crashed: `crash${own}` },
  demo: `demo${DEMO_GROUNDS}`,
} as const;

declare module 'vitest' {
  interface ProvidedContext {
    /** What this machine lacks for real clusters. */
    missing: readonly string[];
  }
}
